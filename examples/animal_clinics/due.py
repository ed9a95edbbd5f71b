"""Which animals should come again."""

from datetime import date
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import Field

from shared.database.queries import named_queries
from shared.identity.caller import current_caller
from shared.invocation import Door
from shared.tools.csv_text import as_csv
from shared.tools.definition import read_tool, result
from shared.tools.query_result import QueryResult

QUERIES = Path(__file__).parent / "queries"


def due_tools(door: Door) -> list[Tool]:
    """The tools of this subject."""

    async def list_due_animals(
        day: Annotated[date, Field(description="Due on this day or before, as 2026-11-12")],
        max_rows: Annotated[int, Field(ge=1, le=1000)] = 100,
    ) -> Annotated[CallToolResult, QueryResult]:
        """List animals whose vaccination, check-up, deworming or dental cleaning is due, with the owner to call."""
        statement = named_queries("due", QUERIES)["due"]
        answer = await door.read(current_caller.get(), statement, {"day": day}, max_rows=max_rows)
        return result(as_csv(answer), QueryResult.of(answer))

    return [read_tool(list_due_animals, "Animals due again", "sales.read", icon="calendar")]
