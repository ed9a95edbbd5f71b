"""Calls at a steady rate, whoever is slow: each is sent when its time has come, and judged when it has ended."""

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from bench.soak.questions import FOREIGN, Question, Questions

CALL_SECONDS = 40.0
HEADERS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": "2025-11-25",
}
RETRIABLE = frozenset({"UNAVAILABLE"})


@dataclass(frozen=True)
class Failure:
    """A call without its answer. at: seconds since the load began."""

    at: float
    fault: str | None
    """Which fault there was when it was sent."""
    what: str
    instance: int
    excused: bool
    """The database was really down while it was under way, and the server said so."""


@dataclass
class Outcome:
    """What became of all calls."""

    calls: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def server_errors(self) -> int:
        """5xx other than the 503 of a database that is down."""
        excused = sum(failure.excused and failure.what == "HTTP 503" for failure in self.failures)
        return sum(count for status, count in self.statuses.items() if status >= 500) - excused

    def percentile(self, share: float) -> float:
        """Of the seconds that right answers took."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


class Load:
    """Asks the questions of instances in turn. what_is_wrong: the fault at a time; may_fail: see Failure.excused."""

    def __init__(
        self,
        urls: Sequence[str],
        tokens: Mapping[str, str],
        questions: Questions,
        *,
        what_is_wrong: Callable[[], str | None],
        may_fail: Callable[[float, float], bool],
    ) -> None:
        self._instances = itertools.cycle(enumerate(urls))
        self._tokens = tokens
        self._questions = questions
        self._what_is_wrong = what_is_wrong
        self._may_fail = may_fail
        self._began = time.monotonic()
        self.outcome = Outcome()

    async def run(self, rate: float, seconds: float) -> None:
        """rate: calls a second."""
        self._began = time.monotonic()
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=64)
        async with httpx2.AsyncClient(timeout=CALL_SECONDS, limits=limits) as http, asyncio.TaskGroup() as calls:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(self._began + number / rate - time.monotonic())
                calls.create_task(self._ask(http, self._questions.next()))

    async def _ask(self, http: httpx2.AsyncClient, question: Question) -> None:
        structured = await self._call(http, question, question.arguments)
        if structured is None or not question.pages:
            return
        if cursor := structured.get("next_cursor"):
            await self._call(http, question, {**question.arguments, "cursor": cursor})
        else:
            self.outcome.wrong.append("a page without a cursor")

    async def _call(
        self, http: httpx2.AsyncClient, question: Question, arguments: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """The structured result where it is right."""
        outcome, began, fault = self.outcome, time.monotonic(), self._what_is_wrong()
        outcome.calls += 1
        body = {
            "jsonrpc": "2.0",
            "id": outcome.calls,
            "method": "tools/call",
            "params": {"name": question.tool, "arguments": arguments},
        }
        headers = HEADERS | {"authorization": f"Bearer {self._tokens[question.caller]}"}
        structured, what = None, ""
        instance, url = next(self._instances)
        try:
            response = await http.post(f"{url}/mcp", json=body, headers=headers)
        except httpx2.HTTPError as error:
            what = type(error).__name__
        else:
            outcome.statuses[response.status_code] += 1
            structured, what = _read(response)
        ended = time.monotonic()
        if structured is None:
            said_so = what == "HTTP 503" or what in RETRIABLE
            excused = said_so and self._may_fail(began, ended)
            outcome.failures.append(Failure(began - self._began, fault, what, instance, excused))
            return None
        if problem := question.judge(structured):
            (outcome.foreign if problem == FOREIGN else outcome.wrong).append(f"{question.caller}: {problem}")
            return None
        outcome.right += 1
        outcome.seconds.append(ended - began)
        return structured


def _read(response: httpx2.Response) -> tuple[Mapping[str, Any] | None, str]:
    """The structured result, or what there is in its place."""
    if response.status_code != httpx2.codes.OK:
        return None, f"HTTP {response.status_code}"
    for line in response.text.splitlines():
        if not line.removeprefix("data:").strip().startswith("{"):
            continue
        message = json.loads(line.removeprefix("data:"))
        if "error" in message:
            return None, f"JSON-RPC {message['error']['code']}"
        result = message.get("result")
        if result is None:
            continue
        if result.get("isError"):
            return None, result.get("_meta", {}).get("zava/error", {}).get("code", "TOOL_ERROR")
        return result["structuredContent"], ""
    return None, "no answer in the reply"
