"""Analyses of the last days' sales: by day, product, customer, category or week."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from shared.identity.caller import Caller
from shared.invocation import Door
from shared.reports.findings import change_percent, counted, exact, money, moved, percent, revenue_compared
from shared.reports.periods import Period, Span, days_up_to
from shared.reports.reading import category_named, filled, nothing_to_tell, parameters_of, statement
from shared.reports.report import Comparison, Facts, Report, Rows
from shared.reports.stores import cover

type SalesReport = Literal["daily_sales", "top_products", "customer_analysis", "category_performance", "sales_trends"]

WEEK_DAYS = 7
WEEKS_BEFORE = 4
"""That sales_trends reads besides, so that the first week has its average and change, too."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A report: what it is called, whether it compares with as many days before, and what its figures show."""

    title: str
    compares: bool = False
    findings: Callable[[Facts], list[str]]


async def analyze_sales(
    door: Door,
    caller: Caller,
    report: SalesReport,
    *,
    days: int,
    rows: Rows,
    store: int | str | None = None,
    category: str | None = None,
) -> Report:
    """The report of so many days up to the latest order of the stores; sales_trends goes back to whole weeks.

    store: see cover(). category: its name. Raises ToolFault.
    """
    analysis = ANALYSES[report]
    coverage = await cover(door, caller, store)
    title = f"{analysis.title}, {coverage.label}"
    if coverage.first_day is None or coverage.latest_day is None:
        return nothing_to_tell(title, coverage)
    chosen = await category_named(door, caller, category)
    weekly = report == "sales_trends"
    period = days_up_to(coverage.latest_day, -(-days // WEEK_DAYS) * WEEK_DAYS if weekly else days)
    read_before = _weeks_before(period) if weekly else period.previous if analysis.compares else None
    return await filled(
        door,
        caller,
        Report(
            title=f"{title}, {chosen.name}" if chosen else title,
            coverage=coverage,
            period=period,
            compared_with=(Comparison("previous", period.previous),) if analysis.compares else (),
        ),
        statement("sales_analysis", report),
        parameters_of(coverage, period.span, compared=read_before, category=chosen)
        | {"orders_begin": coverage.first_day},
        analysis.findings,
        rows=rows,
    )


def _weeks_before(period: Period) -> Span:
    return Span(period.span.first - timedelta(WEEKS_BEFORE * WEEK_DAYS), period.span.first - timedelta(1))


def _daily_sales(facts: Facts) -> list[str]:
    said = [revenue_compared(facts.all["revenue"], facts.all["previous_revenue"], "the days before")]
    if facts.all["best_revenue"] is not None:
        said.append(f"Best day {facts.all['best_day']} with {money(facts.all['best_revenue'])}.")
    if facts.all["idle_days"]:
        said.append(f"Days without sales: {facts.all['idle_days']}.")
    return said


def _top_products(facts: Facts) -> list[str]:
    first, shown = facts.rows[0], sum((exact(row["revenue"]) for row in facts.rows), Decimal(0))
    share = percent(shown, exact(facts.all["revenue"]))
    said = [f"First: {first['product_name']} with {money(first['revenue'])}."]
    if share is not None and len(facts.rows) < int(exact(facts.all["products"])):
        said.append(f"These {len(facts.rows)} of {facts.all['products']} products make {share} % of revenue.")
    return said


def _customer_analysis(facts: Facts) -> list[str]:
    customers, again = facts.all["customers"], exact(facts.all["repeat_customers"])
    share = percent(exact(facts.all["repeat_revenue"]), exact(facts.all["revenue"]))
    said = [f"{counted(customers, 'customer')}, {money(exact(facts.all['revenue']) / exact(customers))} each."]
    if again and share is not None:
        said.append(f"{again:,} bought more than once and make {share} % of revenue.")
    return said


def _category_performance(facts: Facts) -> list[str]:
    said = [revenue_compared(facts.all["revenue"], facts.all["previous_revenue"], "the days before")]
    return said + most_and_least_grown(facts)


def most_and_least_grown(facts: Facts) -> list[str]:
    """What grew most and what fell most in money, where something grew or fell."""
    most, least = exact(facts.all["most_growth"]), exact(facts.all["least_growth"])
    grown = [f"Grew most: {facts.all['most_grown']} by {money(most)}."] if most > 0 else []
    fallen = [f"Fell most: {facts.all['least_grown']} by {money(-least)}."] if least < 0 else []
    return grown + fallen


def _sales_trends(facts: Facts) -> list[str]:
    first, last = facts.all["first_average"], facts.all["last_average"]
    change = change_percent(exact(last), exact(first)) if first is not None and last is not None else None
    said = []
    if change is not None and len(facts.rows) > 1:
        said.append(f"4-week average {moved(change)} the first.")
    said.append(f"Best week from {facts.all['best_week']} with {money(facts.all['best_revenue'])}.")
    return said


ANALYSES: dict[SalesReport, Analysis] = {
    "daily_sales": Analysis(title="Daily sales", compares=True, findings=_daily_sales),
    "top_products": Analysis(title="Top products", findings=_top_products),
    "customer_analysis": Analysis(title="Customers by revenue", findings=_customer_analysis),
    "category_performance": Analysis(title="Categories", compares=True, findings=_category_performance),
    "sales_trends": Analysis(title="Weeks", findings=_sales_trends),
}
