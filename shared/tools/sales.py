"""Free queries over the retail data."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import Field

from shared.identity import current_caller
from shared.invocation import Invocations
from shared.statement import CALL, current_bounds
from shared.tools.csv_text import csv_text
from shared.tools.definition import read_tool, result
from shared.tools.progress import showing_progress
from shared.tools.query_result import QueryResult

DEFAULT_ROWS = 100
MAX_ROWS = 1_000
MAX_QUERY_CHARACTERS = 100_000


Query = Annotated[
    str,
    Field(
        description="One PostgreSQL 18 SELECT over the schema retail, for example: "
        "SELECT store_id, count(*) FROM retail.orders GROUP BY store_id",
        min_length=1,
        max_length=MAX_QUERY_CHARACTERS,
    ),
]


def sales_tools(invocations: Invocations) -> list[Tool]:
    """The tools of this subject."""

    async def execute_sales_query(
        ctx: Context[Any, Any],
        postgresql_query: Query,
        max_rows: Annotated[
            int, Field(description="Rows to return at most; more are cut and marked as truncated", ge=1, le=MAX_ROWS)
        ] = DEFAULT_ROWS,
    ) -> Annotated[CallToolResult, QueryResult]:
        """Run one SELECT over Zava's retail data and return its rows.

        You see only the rows of your own stores: the database filters them. Call get_multiple_table_schemas first to
        learn tables, columns and join paths. Aggregate in SQL rather than fetching rows; amounts are US dollars.
        Anything but a SELECT over retail is refused, as is what would take too long; explain_query tells beforehand.
        """
        bounds = current_bounds.get()
        reading = invocations.read_free(current_caller.get(), postgresql_query, max_rows=max_rows, bounds=bounds)
        # What may become a task reports no progress: who followed it may be gone.
        answer = await (showing_progress(ctx, reading) if bounds is CALL else reading)
        return result(csv_text(answer), QueryResult.of(answer))

    return [read_tool(execute_sales_query, "Query sales data", "sales.read", icon="sales", task=True)]
