"""The official SDK for Python, in the revision that it prefers and in the one before."""

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextResourceContents

from tests.clients.questions import (
    BAD_TOKENS,
    CHART_TYPE,
    CHART_URI,
    COUNT,
    DELETE,
    KIRKLANDS_ANSWER,
    REFUSAL,
    SQL_TOOL,
    TOOLS,
    UNKNOWN_TOOL,
)
from tests.protocol.conftest import Connect, connect
from tests.protocol.requests import ERAS, Era
from tests.stack import PLAIN, RunningStack
from tests.tools.calls import text_of

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("era", ERAS)]
__all__ = ["connect"]  # a fixture of the protocol's tests


async def test_it_lists_the_tools_and_calls_one(connect: Connect, era: Era) -> None:
    async with connect("kirkland", era) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
        assert (await client.call_tool(SQL_TOOL, COUNT)).structured_content == KIRKLANDS_ANSWER


async def test_it_shows_a_tool_error_as_a_result(connect: Connect, era: Era) -> None:
    async with connect("kirkland", era) as client:
        result = await client.call_tool(SQL_TOOL, DELETE)
    assert result.is_error
    assert text_of(result) == REFUSAL


async def test_it_finds_the_chart_of_a_tool_and_reads_it(connect: Connect, era: Era) -> None:
    async with connect("kirkland", era) as client:
        charts = {tool.name: (tool.meta or {}).get("ui") for tool in (await client.list_tools()).tools}
        (page,) = (await client.read_resource(CHART_URI)).contents
    assert charts[SQL_TOOL] == {"resourceUri": CHART_URI}
    assert charts["describe_access"] is None
    assert isinstance(page, TextResourceContents)
    assert page.mime_type == CHART_TYPE
    assert page.text.startswith("<!doctype html>")


async def test_it_raises_for_an_unknown_tool(connect: Connect, era: Era) -> None:
    async with connect("kirkland", era) as client:
        with pytest.raises(MCPError, match=f"Unknown tool: {UNKNOWN_TOOL}") as refusal:
            await client.call_tool(UNKNOWN_TOOL, {})
    assert refusal.value.error.code == -32602


@pytest.mark.parametrize("token", BAD_TOKENS)
async def test_it_does_not_connect_without_a_good_token(stack: RunningStack, era: Era, token: str) -> None:
    headers = {"authorization": f"Bearer {BAD_TOKENS[token]}"} if BAD_TOKENS[token] else {}
    with pytest.RaisesGroup(pytest.RaisesExc(MCPError, match="error response"), flatten_subgroups=True):
        async with (
            httpx2.AsyncClient(headers=headers, verify=PLAIN) as http,
            Client(streamable_http_client(stack.url, http_client=http), mode=era),
        ):
            raise AssertionError("connected")
