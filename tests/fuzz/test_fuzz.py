"""Whatever is sent, the server answers in form, tells nothing it should not, and goes on.

FUZZ_REQUESTS=20000 sends that many, other ones at each run, instead of the same 2,000.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.requests import requests
from tests.fuzz.watch import Watch
from tests.fuzz.wire import Reply, Request, Wire
from tests.protocol.requests import ACCEPT, COUNT, call
from tests.stack import PLAIN, RunningStack

FIXED = 2_000
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", FIXED))
DETERMINISTIC = "FUZZ_REQUESTS" not in os.environ
BATCH = 25
"""Requests that are sent at once. Meanwhile the next ones are drawn."""


class Target:
    """The running stack, and what it must not do."""

    def __init__(self, stack: RunningStack, loop: asyncio.AbstractEventLoop) -> None:
        url = urlsplit(stack.url)
        self.host, self.token = url.netloc, stack.token("kirkland")
        self.tools = {tool["name"]: tool["inputSchema"] for tool in _listed(stack)}
        self.watch = Watch(stack, self.token)
        self.statuses: Counter[int] = Counter()
        self.failure: BaseException | None = None
        self._loop = loop
        self._wire = Wire(url.hostname or "", url.port or 0)
        headers = (*ACCEPT.items(), ("host", self.host), ("authorization", f"Bearer {self.token}"))
        headers += (("content-type", "application/json"),)
        self._normal = Request("POST", "/mcp", headers, json.dumps(COUNT).encode())
        self._batch: list[Request] = []
        self._under_way: Future[None] | None = None

    def send(self, request: Request) -> None:
        """With the rest of its batch, unless something has gone wrong before."""
        self._batch.append(request)
        if len(self._batch) < BATCH:
            return
        batch, self._batch = self._batch, []
        self.finish()
        if self.failure is None:
            self._under_way = asyncio.run_coroutine_threadsafe(self._check(batch), self._loop)

    def finish(self) -> None:
        """Wait for what was sent, and note how it went. Raised while requests are drawn, it would be drawn again."""
        if self._under_way is not None:
            self.failure = self._under_way.exception()
            self._under_way = None

    async def _check(self, requests: list[Request]) -> None:
        """Nothing is wrong with any reply or the log, and a normal call is answered right afterwards."""
        for request, reply in zip(requests, await self._wire.exchange(requests), strict=True):
            self.statuses[reply.status] += 1
            assert not (found := self.watch.faults(reply)), f"{found}\n{request}\n{reply}"
        (normal,) = await self._wire.exchange([self._normal])
        assert b'"rows":[[2975]]' in normal.body, normal
        assert not (lines := self.watch.faults_of_the_log()), f"{lines}\n{requests}"

    async def close(self) -> None:
        await self._wire.close()


def _listed(stack: RunningStack) -> list[dict[str, Any]]:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    reply = httpx2.post(stack.url, headers={**ACCEPT, **stack.headers("kirkland")}, json=body, verify=PLAIN)
    tools: list[dict[str, Any]] = reply.json()["result"]["tools"]
    return tools


@pytest.fixture
def target(stack: RunningStack) -> Iterator[Target]:
    with start_blocking_portal() as portal:
        target = Target(stack, portal.call(_running_loop))
        yield target
        portal.call(target.close)


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


@pytest.mark.timeout(240 if DETERMINISTIC else 3600)
def test_whatever_is_sent_the_server_answers_in_form_and_goes_on(target: Target) -> None:
    @settings(
        max_examples=REQUESTS,
        derandomize=DETERMINISTIC,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # a reply at fault is shown with its request: there is nothing to shrink
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(target.tools, target.host, target.token))
    def draw(request: Request) -> None:
        target.send(request)

    draw()
    target.finish()
    if target.failure is not None:
        raise target.failure
    sent = target.statuses.total()
    print(
        f"{sent} requests, by status {dict(sorted(target.statuses.items()))}, {target.watch.own_emails} own addresses"
    )
    assert sent >= REQUESTS - BATCH
    assert target.statuses[200] > sent // 4, target.statuses
    assert target.watch.own_emails > sent // 10, "hardly a row came back: the statements test nothing"


def test_one_leak_among_many_requests_is_the_outcome_of_the_run(stack: RunningStack, target: Target) -> None:
    headers = {**ACCEPT, **stack.headers("head-office"), "host": target.host, "content-type": "application/json"}
    leak = call("execute_sales_query", postgresql_query="SELECT email FROM retail.customers WHERE primary_store_id = 1")
    harmless = Request("GET", "/health/live", (("host", target.host),), b"")
    target.send(Request("POST", "/mcp", tuple(headers.items()), json.dumps(leak).encode()))
    for _ in range(3 * BATCH - 1):
        target.send(harmless)
    target.finish()
    assert "another store's" in str(target.failure)


def test_the_watch_notices_what_it_watches_for(target: Target, stack: RunningStack) -> None:
    query = "SELECT email FROM retail.customers WHERE primary_store_id <> 7 LIMIT 1000"
    foreign = httpx2.post(
        stack.url,
        headers={**ACCEPT, **stack.headers("head-office")},
        json=call("execute_sales_query", postgresql_query=query, max_rows=1000),
        verify=PLAIN,
    )
    stream = {"content-type": "text/event-stream"}
    secret = json.loads((stack.state / "passwords.json").read_text())["zava_app"]
    for reply in (
        Reply(200, stream, foreign.content),
        Reply(200, stream, b'data: {"jsonrpc": "2.0", "id": 1, "result": NaN}\n\n'),
        Reply(200, stream, b'data: {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "?"}}\n\n'),
        Reply(200, {"content-type": "application/json"}, b'{"jsonrpc": "2.0", "id": 1}'),
        Reply(400, {"content-type": "text/plain"}, secret.encode()),
        Reply(400, {"content-type": "text/plain"}, b"Traceback (most recent call last):"),
        Reply(500, {}),
    ):
        assert target.watch.faults(reply), reply
    assert not target.watch.faults(Reply(202, {}))
