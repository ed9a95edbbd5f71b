"""A stack that runs, while things around it break, and a host that nobody has called yet."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from tests.processes import all_end, children_of
from tests.protocol.requests import ACCEPT, COUNT
from tests.stack import RunningStack, host_beside, started_stack


def test_eight_concurrent_first_requests_to_a_cold_host_are_eight_right_answers(stack: RunningStack) -> None:
    """On a host of its own: the readiness probe of dev.py has warmed the stack's."""
    with httpx2.Client(timeout=30) as client, host_beside(stack, "cold") as url:
        headers = {**ACCEPT, **stack.headers("kirkland"), "host": stack.base.removeprefix("http://")}
        with ThreadPoolExecutor(8) as threads:
            calls = [threads.submit(client.post, f"{url}/mcp", headers=headers, json=COUNT) for _ in range(8)]
        answers = [call.result() for call in calls]
    assert [answer.status_code for answer in answers] == [200] * 8
    assert all('"rows":[[2975]]' in answer.text for answer in answers)


def test_readiness_falls_and_rises_with_the_database_while_live_stays(state: Path) -> None:
    with started_stack(state) as stack, httpx2.Client(base_url=stack.base, timeout=10) as client:
        postgres = stack.parts()["PostgreSQL"]
        os.kill(postgres, signal.SIGSTOP)  # worse than gone: it accepts and never answers
        children = children_of(postgres)
        for child in children:
            os.kill(child, signal.SIGSTOP)
        try:
            began = time.monotonic()
            ready, live = client.get("/health/ready"), client.get("/health/live")
            assert time.monotonic() - began < 2
            assert (ready.status_code, live.status_code) == (503, 200)
            assert ready.json()["components"] == {"database": "down", "isolation": "unknown"}
        finally:
            for pid in (postgres, *children):
                os.kill(pid, signal.SIGCONT)
        deadline = time.monotonic() + 15
        while client.get("/health/ready").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_the_end_of_the_host_is_the_end_of_everything(state: Path) -> None:
    with started_stack(state) as stack:
        pids = stack.parts()
        os.kill(pids["Functions host"], signal.SIGKILL)
        assert stack.process.wait(timeout=20) == 1
        assert "the Functions host ended by itself" in (state / "start.log").read_text()
        assert all_end(pids)


def test_without_its_database_the_host_is_live_and_not_ready(state: Path) -> None:
    with started_stack(state) as stack, httpx2.Client(base_url=stack.base, timeout=10) as client:
        postgres = stack.parts()["PostgreSQL"]
        children = children_of(postgres)
        os.kill(postgres, signal.SIGKILL)
        assert all_end({str(pid): pid for pid in children})  # each notices by itself, and answers until then
        for _ in range(3):  # the first finds broken connections, later ones find none
            began = time.monotonic()
            assert client.get("/health/ready").status_code == 503
            assert time.monotonic() - began < 2
            assert client.get("/health/live").status_code == 200
        answer = client.post("/mcp", headers={**ACCEPT, **stack.headers("kirkland")}, json=COUNT)
        assert answer.status_code == 200
        assert '"isError":true' in answer.text
        assert "UNAVAILABLE" in answer.text
        assert "the PostgreSQL ended by itself" in (state / "start.log").read_text().replace("\n", " ")


def test_a_pool_of_one_serves_everybody_their_own(stack: RunningStack) -> None:
    with host_beside(stack, "small", POOL_MAX_SIZE="1") as url, httpx2.Client(timeout=30) as client:
        for name, orders in (("head-office", 197665), ("kirkland", 2975), ("nobody", 0), ("seattle", 54995)):
            headers = {**ACCEPT, **stack.headers(name), "host": stack.base.removeprefix("http://")}
            assert f'"rows":[[{orders}]]' in client.post(f"{url}/mcp", headers=headers, json=COUNT).text
