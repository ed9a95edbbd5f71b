"""Short forms for calling tools in tests."""

from typing import Any

from mcp import Client
from mcp.types import CallToolResult, TextContent


def text_of(result: CallToolResult) -> str:
    return "".join(block.text for block in result.content if isinstance(block, TextContent))


async def data_of(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured result of a call that must succeed."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def fault_of(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The details of a call that must fail; the text and the details say the same."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, text_of(result)
    assert result.structured_content is None
    assert result.meta
    details: dict[str, Any] = dict(result.meta)["zava/error"]
    assert text_of(result) == f"{details['code']}: {details['problem']} {details['remedy']}"
    return details


async def rows_of(client: Client, query: str, **arguments: Any) -> list[list[Any]]:
    rows: list[list[Any]] = (await data_of(client, "execute_sales_query", postgresql_query=query, **arguments))["rows"]
    return rows


async def records_of(client: Client, tool: str, **arguments: Any) -> list[dict[str, Any]]:
    """The rows of a result that must succeed, by column."""
    return records(await data_of(client, tool, **arguments))


def records(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a structured result, by column."""
    names = [column["name"] for column in data["columns"]]
    return [dict(zip(names, row, strict=True)) for row in data["rows"]]


def head_and_csv(result: CallToolResult) -> tuple[str, str]:
    """The text of a report: what is said of the rows, and these."""
    assert result.structured_content
    text, first = text_of(result), result.structured_content["columns"][0]["name"]
    begin = text.index(f"\n{first},") + 1
    return text[:begin], text[begin:]
