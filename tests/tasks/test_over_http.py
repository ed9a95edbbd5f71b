"""Tasks through Functions hosts: some are killed in the middle, another one finishes their work."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.processes import children_of
from tests.protocol.tokens import bearer
from tests.protocol.wire import MODERN, Wire
from tests.stack import PLAIN, REPOSITORY, RunningStack, host_beside
from tests.tasks.following import EXTENSION, KnowsTasks, answer, ask, ended, task_by, task_of
from tests.tasks.test_tasks import COUNT, LONG

pytestmark = pytest.mark.anyio

FIXTURES = REPOSITORY / "tests/conformance/app"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


@dataclass(frozen=True)
class Host:
    """One more instance of the running stack, with the conformance suite's tools: the product has none that asks."""

    url: str
    pid: int


@pytest.fixture(scope="module")
def hosts(stack: RunningStack) -> Iterator[list[Host]]:
    with ExitStack() as running:
        started = []
        for name in ("task-first", "task-second", "task-third"):
            before = set(children_of(os.getpid()))
            url = running.enter_context(host_beside(stack, name, FIXTURES, TASK_GRACE_SECONDS="0"))
            [pid] = set(children_of(os.getpid())) - before
            started.append(Host(url, pid))
        yield started


@asynccontextmanager
async def client_of(stack: RunningStack, host: Host, name: str = "kirkland") -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=stack.headers(name), timeout=30, verify=PLAIN) as http,
        Client(streamable_http_client(f"{host.url}/mcp", http_client=http), extensions=[KnowsTasks()]) as client,
    ):
        yield client


def ask_by_hand(host: Host, method: str, task_id: str, token: dict[str, str], name: str | None) -> tuple[Any, ...]:
    """Status, code and message. name: the header Mcp-Name."""
    params: dict[str, Any] = {"taskId": task_id, "_meta": {CAPABILITIES: {"extensions": {EXTENSION: {}}}}}
    if method == "tasks/update":
        params["inputResponses"] = {}
    with httpx2.Client(base_url=host.url, timeout=30, verify=PLAIN) as http:
        answer = Wire(http, token, MODERN).ask(method, params, mcp_name=name)
    error = answer.messages[-1].get("error", {})
    return (answer.status, error.get("code"), error.get("message")) if isinstance(error, dict) else (answer.status,)


async def test_the_header_names_the_task_and_the_token_opens_the_tool(stack: RunningStack, hosts: list[Host]) -> None:
    token, unknown = stack.headers("kirkland"), str(uuid4())
    async with client_of(stack, hosts[0]) as client:
        task_id = await task_of(client, COUNT)
    for method, host in zip(("tasks/get", "tasks/cancel", "tasks/update"), cycle(hosts), strict=False):
        assert ask_by_hand(host, method, task_id, token, task_id) == (200, None, None)
        for name in (None, unknown, task_id.upper(), ""):
            assert ask_by_hand(host, method, task_id, token, name)[:2] == (400, -32020), name
        refusals = [
            ask_by_hand(host, method, unknown, token, unknown),
            ask_by_hand(host, method, task_id, stack.headers("seattle"), task_id),
            ask_by_hand(host, method, task_id, bearer(stack, scopes=["catalog.read"]), task_id),
        ]
        assert refusals == [(400, -32602, "Unknown task")] * 3
        assert ask_by_hand(host, method, task_id, bearer(stack, scopes=["mail.read"]), task_id) == (403,)


def test_methods_of_other_revisions_are_none(stack: RunningStack, hosts: list[Host]) -> None:
    for method in ("tasks/list", "tasks/result"):
        assert ask_by_hand(hosts[0], method, "x", stack.headers("kirkland"), "x")[:2] == (404, -32601)


@pytest.mark.parametrize("params", [{}, {"taskId": str(uuid4())}, {"taskId": 1}])
def test_who_does_not_know_tasks_is_told_so_whatever_it_asks(
    stack: RunningStack, hosts: list[Host], params: dict[str, Any]
) -> None:
    token = stack.headers("kirkland")
    with httpx2.Client(base_url=hosts[1].url, timeout=30, verify=PLAIN) as http:
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            modern = Wire(http, token, MODERN).ask(method, params)
            assert (modern.status, modern.error["code"]) == (400, -32021)
            older = Wire(http, token, "2025-11-25").ask(method, params)
            assert (older.status, older.error["code"]) == (200, -32601)
            declared = params | {"_meta": {CAPABILITIES: {"extensions": {EXTENSION: {}}}}}
            if not isinstance(params.get("taskId"), str):
                assert Wire(http, token, MODERN).ask(method, declared).error["code"] == -32602


async def test_a_host_that_is_killed_leaves_its_task_to_another(stack: RunningStack, hosts: list[Host]) -> None:
    """The lease's ten seconds are not waited for: the row is aged by hand, and gets a query that ends."""
    first, second, _ = hosts
    async with client_of(stack, first) as client:
        task_id = await task_of(client, LONG)
    os.kill(first.pid, signal.SIGKILL)
    async with client_of(stack, second) as client:
        assert (await ask(client, "tasks/get", task_id))["status"] == "working"
        with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
            aged = superuser.execute(
                "UPDATE ops.tasks SET lease_until = clock_timestamp(),"
                " arguments = json_build_object('postgresql_query', %s::text) WHERE task_id = %s AND attempts = 1",
                (COUNT, task_id),
            )
            assert aged.rowcount == 1
        told = await ended(client, task_id)
        assert told["result"]["structuredContent"]["rows"] == [[2975]]
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        row = superuser.execute("SELECT attempts, status FROM ops.tasks WHERE task_id = %s", (task_id,)).fetchone()
    assert row == (2, "completed")


async def test_what_a_killed_host_asked_is_answered_through_another(stack: RunningStack, hosts: list[Host]) -> None:
    _, second, third = hosts
    async with client_of(stack, third) as client:
        task_id = await task_by(client, "multi_input")
        assert (await ended(client, task_id))["inputRequests"].keys() == {"1.first", "1.second"}
        await answer(client, task_id, _1_first="Ada")
    os.kill(third.pid, signal.SIGKILL)
    async with client_of(stack, second) as client:
        told = await ask(client, "tasks/get", task_id)
        assert (told["status"], told["inputRequests"].keys()) == ("input_required", {"1.second"})
        await answer(client, task_id, _1_second="Grace")
        assert (await ended(client, task_id))["result"]["content"] == [{"type": "text", "text": "Ada and Grace"}]
