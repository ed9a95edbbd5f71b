"""What day it is."""

from datetime import UTC, datetime
from typing import Annotated

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from shared.tools.definition import read_tool, result


class UtcDate(BaseModel):
    """This moment in UTC."""

    utc: str = Field(description="ISO 8601 date and time, for example 2026-03-14T09:26:53+00:00")
    date: str = Field(description="ISO 8601 date, for example 2026-03-14")
    epoch: int = Field(description="Seconds since 1970-01-01T00:00:00Z")


def clock_tools() -> list[Tool]:
    """The tools of this subject."""

    async def get_current_utc_date() -> Annotated[CallToolResult, UtcDate]:
        """Tell the current date and time in UTC, for questions such as 'last month' or 'this year'."""
        now = datetime.now(UTC).replace(microsecond=0)
        moment = UtcDate(utc=now.isoformat(), date=now.date().isoformat(), epoch=int(now.timestamp()))
        return result(moment.utc, moment)

    return [read_tool(get_current_utc_date, "Current date (UTC)", "catalog.read", icon="clock")]
