"""docs/clients.md: its JSON is JSON, leads clients to the local stack, and is what `dev.py start` says."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client as FastMCPClient
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from local.clients import snippet, token_command
from local.node import NODE
from shared.client_configuration import as_text, claude_code_command, vscode_configuration
from tests.clients.questions import COUNT, KIRKLANDS_ANSWER, SQL_TOOL
from tests.stack import REPOSITORY, RunningStack

PAGE = (REPOSITORY / "docs" / "clients.md").read_text()
BLOCKS = re.findall(r"^```json ?(\S*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LOCAL = {name: text for name, text in BLOCKS if name}
URL = "http://127.0.0.1:7071/mcp"


def test_each_block_of_json_is_json() -> None:
    assert set(LOCAL) == {"vscode", "claude-code", "claude-desktop", "cursor"}
    assert len(BLOCKS) == PAGE.count("```json")
    for _, text in BLOCKS:
        assert isinstance(json.loads(text), dict)


def test_the_page_says_what_a_start_writes_and_prints() -> None:
    assert LOCAL["vscode"] == as_text(vscode_configuration(URL, asks_for_token=True))
    command = claude_code_command(URL, token_command(REPOSITORY / ".local"))
    assert f"\n{command}\n" in PAGE
    assert command in snippet(URL, REPOSITORY / ".local")


def test_no_configuration_holds_a_token() -> None:
    assert not re.search(r"eyJ[\w-]{10}", PAGE + as_text(vscode_configuration(URL, asks_for_token=True)))


def server(name: str, stack: RunningStack) -> dict[str, Any]:
    """What the page says of the server, with the running stack's address."""
    assert URL in LOCAL[name]
    document = json.loads(LOCAL[name].replace(URL, stack.url))
    found: dict[str, Any] = document.get("servers", document.get("mcpServers"))["zava-retail"]
    return found


def with_input(described: dict[str, Any], token: str) -> dict[str, Any]:
    """As VS Code and Cursor put the token in place of its name."""
    (value,) = described["headers"].values()
    return described | {"headers": {"Authorization": re.sub(r"\$\{\w+:[\w-]+\}", token, value)}}


def with_helper(described: dict[str, Any], state: Path) -> dict[str, Any]:
    """As Claude Code runs the command and sends the headers that it prints."""
    command = described.pop("headersHelper").replace("--as kirkland", f"--as kirkland --state {state}")
    done = subprocess.run(command, shell=True, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return described | {"headers": json.loads(done.stdout)}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("vscode", lambda described, stack: with_input(described, stack.token("kirkland"))),
        ("cursor", lambda described, stack: with_input(described, stack.token("kirkland"))),
        ("claude-code", lambda described, stack: with_helper(described, stack.state)),
    ],
)
async def test_what_the_page_says_leads_a_client_to_the_server(
    stack: RunningStack, name: str, filled: Callable[[dict[str, Any], RunningStack], dict[str, Any]]
) -> None:
    configuration = {"mcpServers": {"zava-retail": filled(server(name, stack), stack)}}
    async with FastMCPClient[Any](configuration) as client:
        assert (await client.call_tool(SQL_TOOL, COUNT)).structured_content == KIRKLANDS_ANSWER


@pytest.mark.anyio
async def test_the_bridge_for_claude_desktop_leads_to_the_server(
    stack: RunningStack, packages: Path, tmp_path: Path
) -> None:
    described = server("claude-desktop", stack)
    bridge = packages / described["command"] / "dist" / "proxy.js"  # what npm puts on PATH under that name
    environment = {
        name: value.replace("TOKEN", stack.token("kirkland")) for name, value in described["env"].items()
    } | {"HOME": str(tmp_path)}
    process = StdioServerParameters(command=str(NODE), args=[str(bridge), *described["args"]], env=environment)
    with (tmp_path / "bridge.log").open("w") as log:
        async with Client(stdio_client(process, errlog=log)) as client:
            assert (await client.call_tool(SQL_TOOL, COUNT)).structured_content == KIRKLANDS_ANSWER
