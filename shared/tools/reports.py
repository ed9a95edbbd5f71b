"""The reports of shared/reports as tools: figures with their units, and in sentences what they show."""

from typing import Annotated

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import Field

from shared.identity.caller import current_caller
from shared.invocation import Door
from shared.reports.business_insights import Kind
from shared.reports.business_insights import generate_business_insights as business_insights
from shared.reports.report import Report, Rows
from shared.reports.sales_analysis import SalesReport
from shared.reports.sales_analysis import analyze_sales as sales_analysis
from shared.reports.store_performance import get_store_performance as store_performance
from shared.result_pages import MAX_CURSOR_CHARACTERS, Page, ResultPages
from shared.tools.csv_text import csv_text
from shared.tools.definition import read_tool, result
from shared.tools.query_result import ReportResult

DEFAULT_DAYS = 30
MAX_DAYS = 365
DEFAULT_ROWS = 20
MAX_ROWS = 1_000
MAX_NAME_CHARACTERS = 200
FINDINGS_SHARE = 0.2
"""What findings may add to the text of the rows; all of them are in the structured result."""

Name = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]
Limit = Annotated[int, Field(ge=1, le=MAX_ROWS)]
Cursor = Annotated[str | None, Field(max_length=MAX_CURSOR_CHARACTERS)]
STORE = Field(description="Name or number")


def report_tools(door: Door, pages: ResultPages) -> list[Tool]:
    """The tools of this subject."""

    async def get_store_performance(
        store: Annotated[int | Name, STORE],
        period: Annotated[
            str,
            Field(
                description="last_N_days (7, 30, 90, 365), this_ or last_ with month, quarter or year, or like 2026-03,"
                " 2026-Q1, 2026, 2026-03-01/2026-03-31",
                max_length=MAX_NAME_CHARACTERS,
            ),
        ] = "last_30_days",
    ) -> Annotated[CallToolResult, ReportResult]:
        """One store's revenue, margin and other figures and its rank among yours, beside those before and a year ago.

        'Last' and 'this' count from its latest order.
        """
        report = await store_performance(door, current_caller.get(), store, period)
        return result(_as_text(report), ReportResult.told(report))

    async def analyze_sales(
        report: SalesReport,
        days: Annotated[int, Field(description="Up to the latest order", ge=1, le=MAX_DAYS)] = DEFAULT_DAYS,
        limit: Limit = DEFAULT_ROWS,
        store: Annotated[int | Name | None, STORE] = None,
        category: Name | None = None,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, ReportResult]:
        """Your stores' sales by day, product, customer, category or week."""
        caller, filters = current_caller.get(), {"days": days, "store": store, "category": category}
        page = await pages.open(caller, "analyze_sales", cursor, report=report, limit=limit, **filters)
        rows = Rows(limit, page.skip)
        return await _paged(
            page,
            await sales_analysis(door, caller, report, days=days, rows=rows, store=store, category=category),
        )

    async def generate_business_insights(
        kind: Kind,
        days: Annotated[
            int | None,
            Field(description="Up to the latest order; not for seasonal_trends", ge=1, le=MAX_DAYS),
        ] = None,
        limit: Limit = DEFAULT_ROWS,
        store: Annotated[int | Name | None, STORE] = None,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, ReportResult]:
        """Insights: summary, customers by recency, frequency and spending, product trends, seasons, stock at risk."""
        caller = current_caller.get()
        asked = {"kind": kind, "days": days, "limit": limit, "store": store}
        page = await pages.open(caller, "generate_business_insights", cursor, **asked)
        rows = Rows(limit, page.skip)
        found = await business_insights(door, caller, kind, days=days, rows=rows, store=store)
        return await _paged(page, found)

    return [
        read_tool(get_store_performance, "Store performance", "sales.read", icon="sales", chart=True),
        read_tool(analyze_sales, "Analyse sales", "sales.read", icon="sales", chart=True),
        read_tool(generate_business_insights, "Business insights", "sales.read", icon="sales", chart=True),
    ]


async def _paged(page: Page, report: Report) -> CallToolResult:
    next_cursor = await page.next_cursor(report.answer)
    return result(_as_text(report, page.skip, next_cursor), ReportResult.told(report, next_cursor))


def _as_text(report: Report, skipped: int = 0, next_cursor: str | None = None) -> str:
    """Title and period, then the findings that the rows can bear, at least one, then the rows as CSV."""
    title = f"{report.title}: {report.period}\n" if report.period else f"{report.title}\n"
    if report.nothing_because:
        return f"{title}{report.nothing_because}"
    rows = csv_text(report.answer, skipped=skipped, next_cursor=next_cursor)
    spare = FINDINGS_SHARE * len(rows.encode()) - len(title.encode())
    said = ""
    for finding in report.findings:
        if said and len(f"{said} {finding}\n".encode()) > spare:
            break
        said = f"{said} {finding}".strip()
    return f"{title}{said}\n{rows}" if said else f"{title}{rows}"
