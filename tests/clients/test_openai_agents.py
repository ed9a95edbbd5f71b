"""The MCP client of openai-agents."""

from typing import TYPE_CHECKING

import pytest
from mcp import MCPError
from mcp.types import TextContent

from tests.clients.questions import BAD_TOKENS, COUNT, DELETE, KIRKLANDS_ANSWER, REFUSAL, SQL_TOOL, TOOLS, UNKNOWN_TOOL
from tests.stack import RunningStack

if TYPE_CHECKING:
    from agents.mcp import MCPServerStreamableHttp

pytestmark = pytest.mark.anyio


def client(stack: RunningStack, token: str | None) -> "MCPServerStreamableHttp":
    # Here, for it takes two seconds, and each process of the suite collects this file.
    from agents.mcp import MCPServerStreamableHttp

    headers = {"authorization": f"Bearer {token}"} if token else {}
    return MCPServerStreamableHttp({"url": stack.url, "headers": headers})


async def test_it_lists_the_tools_and_calls_one(stack: RunningStack) -> None:
    async with client(stack, stack.token("kirkland")) as connected:
        assert {tool.name for tool in await connected.list_tools()} == TOOLS
        assert (await connected.call_tool(SQL_TOOL, COUNT)).structured_content == KIRKLANDS_ANSWER


async def test_it_shows_a_tool_error_as_a_result(stack: RunningStack) -> None:
    async with client(stack, stack.token("kirkland")) as connected:
        result = await connected.call_tool(SQL_TOOL, DELETE)
    assert result.is_error
    assert [block.text for block in result.content if isinstance(block, TextContent)] == [REFUSAL]


async def test_it_raises_for_an_unknown_tool(stack: RunningStack) -> None:
    async with client(stack, stack.token("kirkland")) as connected:
        with pytest.raises(MCPError, match=f"Unknown tool: {UNKNOWN_TOOL}") as refusal:
            await connected.call_tool(UNKNOWN_TOOL, {})
    assert refusal.value.error.code == -32602


@pytest.mark.parametrize("token", BAD_TOKENS)
async def test_it_does_not_connect_without_a_good_token(stack: RunningStack, token: str) -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(MCPError, match="error response"), flatten_subgroups=True):
        async with client(stack, BAD_TOKENS[token]):
            raise AssertionError("connected")
