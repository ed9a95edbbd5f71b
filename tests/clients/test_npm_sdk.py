"""The official SDK for TypeScript, in a process of its own (session.mjs)."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.node import run_node
from tests.clients.questions import (
    BAD_TOKENS,
    CHART_TYPE,
    CHART_URI,
    COUNT,
    DELETE,
    KIRKLANDS_ANSWER,
    REASONS,
    REFUSAL,
    SQL_TOOL,
    TOOLS,
    UNKNOWN_TOOL,
)
from tests.stack import RunningStack

SESSION = Path(__file__).with_name("session.mjs")
QUESTIONS = json.dumps(
    {"sqlTool": SQL_TOOL, "count": COUNT, "refused": DELETE, "unknownTool": UNKNOWN_TOOL, "chart": CHART_URI}
)


def session(stack: RunningStack, token: str | None, home: Path) -> dict[str, Any]:
    done = run_node(SESSION, stack.url, home=home, QUESTIONS=QUESTIONS, TOKEN=token or "")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.usefixtures("packages")
def test_it_lists_calls_reads_and_shows_errors(stack: RunningStack, tmp_path: Path) -> None:
    told = session(stack, stack.token("kirkland"), tmp_path)
    assert set(told["tools"]) == TOOLS
    assert told["count"]["structuredContent"] == KIRKLANDS_ANSWER
    assert told["chartOfSqlTool"] == {"resourceUri": CHART_URI}
    (page,) = told["chart"]
    assert page["mimeType"] == CHART_TYPE
    assert page["text"].startswith("<!doctype html>")
    assert told["refused"]["isError"]
    assert told["refused"]["content"] == [{"type": "text", "text": REFUSAL}]
    assert told["unknownTool"]["code"] == -32602
    assert f"Unknown tool: {UNKNOWN_TOOL}" in told["unknownTool"]["message"]


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("token", BAD_TOKENS)
def test_it_does_not_connect_without_a_good_token(stack: RunningStack, tmp_path: Path, token: str) -> None:
    told = session(stack, BAD_TOKENS[token], tmp_path)
    assert (told["connecting"]["type"], told["connecting"]["code"]) == ("StreamableHTTPError", 401)
    assert REASONS[token] in told["connecting"]["message"]
