"""The questions of docs/walkthrough.md, asked again: each answer there is what the server says, to the letter."""

import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local.people import PEOPLE
from tests.conftest import REPOSITORY
from tests.tools.calls import text_of
from tests.tools.conftest import ClientOf

pytestmark = pytest.mark.anyio

PAGE = REPOSITORY / "docs" / "walkthrough.md"
LEAST_QUESTIONS = 20
_STEP = re.compile(
    r"^### (?P<question>[^\n]+)\n\n"
    r"`(?P<who>[a-z-]+)` calls `(?P<tool>\w+)`:\n\n"
    r"(?:```sql\n(?P<query>[^`]+?)\n```\n\n)?"
    r"(?:```json\n(?P<arguments>[^`]+?)\n```\n\n)?"
    r"```text\n(?P<answer>[^`]*)```\n",
    re.MULTILINE,
)


class Step(NamedTuple):
    """One question of the page."""

    question: str
    who: str
    tool: str
    query: str | None
    arguments: str | None
    answer: str

    def call(self) -> dict[str, Any]:
        """The call's arguments. A query stands in a block of its own, to be read."""
        query: dict[str, Any] = {} if self.query is None else {"postgresql_query": self.query}
        return {**query, **json.loads(self.arguments or "{}")}


def steps(page: Path = PAGE) -> list[Step]:
    return [Step(**found.groupdict()) for found in _STEP.finditer(page.read_text(encoding="utf-8"))]


def test_the_page_has_its_questions_and_each_is_read() -> None:
    headings = PAGE.read_text(encoding="utf-8").count("\n### ")
    assert len(steps()) == headings >= LEAST_QUESTIONS
    assert {step.who for step in steps()} <= {*PEOPLE}
    assert len({step.question for step in steps()}) == headings


@pytest.mark.parametrize("number", range(len(steps())), ids=[step.question for step in steps()])
async def test_the_answer_is_the_servers(client_of: ClientOf, number: int) -> None:
    step = steps()[number]
    async with client_of(step.who) as client:
        result = await client.call_tool(step.tool, step.call())
    answer = re.sub(r"with cursor \S+\)", "with cursor …)", f"{text_of(result).rstrip()}\n")
    assert not result.is_error, answer
    if os.environ.get("UPDATE_GOLDEN") == "1":
        page = PAGE.read_text(encoding="utf-8")
        beginning = page.index(f"### {step.question}\n")
        before, rest = page[:beginning], page[beginning:]
        PAGE.write_text(before + _STEP.sub(lambda found: _answered(found, answer), rest, count=1), encoding="utf-8")
    else:
        assert answer == step.answer


def _answered(found: re.Match[str], answer: str) -> str:
    start, end = found.span("answer")
    offset = found.start()
    return f"{found[0][: start - offset]}{answer}{found[0][end - offset :]}"
