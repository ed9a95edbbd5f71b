"""The MCP Inspector's command line, in both eras: one process a question, a code for what went wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.node import run_node
from tests.clients.questions import BAD_TOKENS, COUNT, DELETE, KIRKLANDS_ANSWER, REFUSAL, SQL_TOOL, TOOLS, UNKNOWN_TOOL
from tests.stack import RunningStack

TOOL_FAILED, NOT_AUTHORIZED = 5, 3
"""Exit codes."""

pytestmark = pytest.mark.parametrize("era", ["legacy", "modern"])
type Inspect = Callable[..., tuple[int, Any, str]]
"""Question in; exit code, result and complaint out."""


@pytest.fixture
def inspect(stack: RunningStack, packages: Path, tmp_path: Path, era: str) -> Inspect:
    launcher = packages / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    quiet = ("--transport", "http", "--format", "json", "--quiet", "--stored-auth-only", "--protocol-era", era)

    def inspected(token: str | None, *question: str) -> tuple[int, Any, str]:
        header = ("--header", f"Authorization: Bearer {token}") if token else ()
        done = run_node(launcher, "--cli", stack.url, *quiet, *header, "--method", *question, home=tmp_path)
        return done.returncode, json.loads(done.stdout)["result"] if done.stdout else None, done.stderr

    return inspected


def error_code(complaint: str) -> str:
    code: str = json.loads(complaint)["error"]["code"]
    return code


def call(tool: str, arguments: dict[str, str]) -> tuple[str, ...]:
    return ("tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments))


def test_it_lists_the_tools_and_finds_no_error_in_their_schemas(stack: RunningStack, inspect: Inspect) -> None:
    code, listed, complaint = inspect(stack.token("kirkland"), "tools/list", "--strict")
    assert code == 0, complaint  # warnings pass: a cell of a result may be any value, as the schema says
    assert {tool["name"] for tool in listed["tools"]} == TOOLS


def test_it_calls_a_tool(stack: RunningStack, inspect: Inspect) -> None:
    code, result, _ = inspect(stack.token("kirkland"), *call(SQL_TOOL, COUNT))
    assert code == 0
    assert result["structuredContent"] == KIRKLANDS_ANSWER


def test_it_shows_a_tool_error_and_ends_with_its_code(stack: RunningStack, inspect: Inspect) -> None:
    code, result, complaint = inspect(stack.token("kirkland"), *call(SQL_TOOL, DELETE))
    assert (code, error_code(complaint)) == (TOOL_FAILED, "tool_is_error")
    assert result["content"] == [{"type": "text", "text": REFUSAL}]


def test_it_looks_an_unknown_tool_up_before_it_calls_it(stack: RunningStack, inspect: Inspect) -> None:
    code, _, complaint = inspect(stack.token("kirkland"), *call(UNKNOWN_TOOL, {}))
    assert (code, error_code(complaint)) == (TOOL_FAILED, "tool_not_found")


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_it_asks_for_a_login_without_a_good_token(inspect: Inspect, token: str) -> None:
    code, _, complaint = inspect(BAD_TOKENS[token], "tools/list")
    assert (code, error_code(complaint)) == (NOT_AUTHORIZED, "auth_required")
