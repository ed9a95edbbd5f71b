"""fastmcp's client."""

import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError
from mcp import MCPError

from tests.clients.questions import BAD_TOKENS, COUNT, DELETE, KIRKLANDS_ANSWER, REFUSAL, SQL_TOOL, TOOLS, UNKNOWN_TOOL
from tests.stack import RunningStack

pytestmark = pytest.mark.anyio


def client(stack: RunningStack, token: str | None) -> Client[StreamableHttpTransport]:
    return Client(StreamableHttpTransport(stack.url, auth=token))


async def test_it_lists_the_tools_and_calls_one(stack: RunningStack) -> None:
    async with client(stack, stack.token("kirkland")) as connected:
        assert {tool.name for tool in await connected.list_tools()} == TOOLS
        assert (await connected.call_tool(SQL_TOOL, COUNT)).structured_content == KIRKLANDS_ANSWER


async def test_it_raises_for_a_tool_error_with_the_sentence_for_the_model(stack: RunningStack) -> None:
    async with client(stack, stack.token("kirkland")) as connected:
        with pytest.raises(ToolError) as error:
            await connected.call_tool(SQL_TOOL, DELETE)
    assert str(error.value) == REFUSAL


async def test_it_raises_for_an_unknown_tool(stack: RunningStack) -> None:
    async with client(stack, stack.token("kirkland")) as connected:
        with pytest.raises(MCPError, match=f"Unknown tool: {UNKNOWN_TOOL}") as refusal:
            await connected.call_tool(UNKNOWN_TOOL, {})
    assert refusal.value.error.code == -32602


@pytest.mark.parametrize("token", BAD_TOKENS)
async def test_it_does_not_connect_without_a_good_token(stack: RunningStack, token: str) -> None:
    with pytest.raises(MCPError, match="Server returned an error response"):
        async with client(stack, BAD_TOKENS[token]):
            raise AssertionError("connected")
