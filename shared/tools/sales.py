"""Free queries over the retail data."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult, ResourceLink
from pydantic import Field

from shared.database.statement import CALL, current_bounds
from shared.identity.caller import current_caller
from shared.invocation import Answer, Invocations
from shared.result_links import ResultLinks
from shared.result_pages import MAX_CURSOR_CHARACTERS, ResultPages
from shared.tools.csv_text import CSV, Format, csv_text
from shared.tools.definition import read_tool, result
from shared.tools.progress import showing_progress
from shared.tools.query_result import ResultPage

DEFAULT_ROWS = 100
MAX_ROWS = 1_000
MAX_QUERY_CHARACTERS = 100_000
LINKS_SINCE = "2025-06-18"
"""Clients of older revisions do not know the content."""
UNORDERED = "The query has no ORDER BY: pages may repeat or miss rows. Order by columns that are unique together."

Query = Annotated[
    str,
    Field(
        description="One PostgreSQL 18 SELECT over the schema retail, for example: "
        "SELECT store_id, count(*) FROM retail.orders GROUP BY store_id",
        min_length=1,
        max_length=MAX_QUERY_CHARACTERS,
    ),
]


Cursor = Annotated[
    str | None,
    Field(
        description="next_cursor of the page before; all else as in that call",
        max_length=MAX_CURSOR_CHARACTERS,
    ),
]


def sales_tools(invocations: Invocations, pages: ResultPages, links: ResultLinks) -> list[Tool]:
    """The tools of this subject."""

    async def execute_sales_query(
        ctx: Context[Any, Any],
        postgresql_query: Query,
        max_rows: Annotated[
            int, Field(description="Rows of a page; truncated says when there are more", ge=1, le=MAX_ROWS)
        ] = DEFAULT_ROWS,
        cursor: Cursor = None,
        format: Annotated[  # noqa: A002  # the field's own word
            Format, Field(description="The text: CSV, or with the columns' types")
        ] = "concise",
    ) -> Annotated[CallToolResult, ResultPage]:
        """Run one SELECT over Zava's retail data and return its rows.

        You see only the rows of your own stores: the database filters them. Call get_multiple_table_schemas first to
        learn tables, columns and join paths. Aggregate in SQL rather than fetching rows; amounts are US dollars.
        Anything but a SELECT over retail is refused, as is what would take too long; explain_query tells beforehand.
        """
        caller, bounds = current_caller.get(), current_bounds.get()
        asked = {"postgresql_query": postgresql_query, "max_rows": max_rows, "format": format}
        page = await pages.open(caller, "execute_sales_query", cursor, **asked)
        reading = invocations.read_free(caller, postgresql_query, max_rows=max_rows, skip=page.skip, bounds=bounds)
        # What may become a task reports no progress: who followed it may be gone.
        answer = await (showing_progress(ctx, reading) if bounds is CALL else reading)
        next_cursor, note = await page.next_cursor(answer), _note(answer, page.skip)
        text = csv_text(answer, format, skipped=page.skip, next_cursor=next_cursor)
        return result(
            "\n".join(filter(None, (note, text))),
            ResultPage.of(answer, next_cursor=next_cursor, note=note),
            *(
                await _links(links, postgresql_query, ctx.protocol_version)
                if answer.truncated and not page.skip
                else ()
            ),
        )

    return [read_tool(execute_sales_query, "Query sales data", "sales.read", icon="sales", task=True, chart=True)]


def _note(answer: Answer, skipped: int) -> str | None:
    return UNORDERED if (answer.truncated or skipped) and not answer.ordered else None


async def _links(links: ResultLinks, query: str, revision: str | None) -> list[ResourceLink]:
    """revision: of the protocol; None in a task, which is newer."""
    uri = await links.uri(current_caller.get(), query) if revision is None or revision >= LINKS_SINCE else None
    if uri is None:
        return []
    return [
        ResourceLink(
            type="resource_link",
            uri=uri,
            name="whole_result",
            title="All rows as CSV",
            description="For programs and people: read anew, up to 2 MB. Good for a day and for you alone.",
            mime_type=CSV,
        )
    ]
