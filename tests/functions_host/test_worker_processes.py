"""FUNCTIONS_WORKER_PROCESS_COUNT: who serves, and that all end together."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.processes import children_of, eventually, is_running

from .conftest import RunningHost, StartHost, environment
from .test_process import refuses, write_app

APP = """
import asyncio
import os
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="{milliseconds:int}")
async def who(req: func.HttpRequest) -> str:
    await asyncio.sleep(int(req.route_params["milliseconds"]) / 1000)
    return str(os.getpid())


@app.timer_trigger(schedule="* * * * * *", arg_name="timer")
async def ticks(timer: func.TimerRequest) -> None:
    print("tick of", os.getpid(), flush=True)
"""


@pytest.fixture
def three(start_host: StartHost, tmp_path: Path) -> RunningHost:
    app = write_app(tmp_path, APP, '{"extensions": {"http": {"routePrefix": ""}}}')
    return start_host(app=app, env=environment({"FUNCTIONS_WORKER_PROCESS_COUNT": "3"}))


def who(host: RunningHost, milliseconds: int = 0) -> int:
    """By a connection of its own."""
    return int(httpx2.get(f"{host.url}/{milliseconds}", timeout=10).text)


def test_connections_go_to_each_process_in_turn_and_timers_run_in_the_first(three: RunningHost) -> None:
    served = Counter(who(three) for _ in range(9))
    assert set(served) == {three.process.pid, *children_of(three.process.pid)}
    assert set(served.values()) == {3}
    eventually(lambda: three.log().count("tick of") >= 2, "two ticks")
    ticks = {line for line in three.log().splitlines() if line.startswith("tick")}
    assert ticks == {f"tick of {three.process.pid}"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_calls_of_all_processes_finish(three: RunningHost, number: signal.Signals) -> None:
    others = children_of(three.process.pid)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(who, three, 800) for _ in range(3)]
        eventually(lambda: three.log().count("Executing 'Functions.who'") >= 3, "the start of the calls")
        three.process.send_signal(number)
        eventually(lambda: refuses(three), "the end of the listening")
        assert {call.result() for call in calls} == {three.process.pid, *others}
    assert three.process.wait(timeout=8) == 0
    assert not any(map(is_running, others))


def test_all_end_when_the_first_is_killed(three: RunningHost) -> None:
    others = children_of(three.process.pid)
    assert len(others) == 2
    three.process.kill()
    eventually(lambda: not any(map(is_running, others)), "the end of the others")


def test_the_rest_serves_when_one_is_killed(three: RunningHost) -> None:
    lost, *_ = children_of(three.process.pid)
    os.kill(lost, signal.SIGKILL)
    eventually(lambda: not is_running(lost), "its end")
    served = Counter(who(three) for _ in range(8))
    assert set(served) == {three.process.pid, *children_of(three.process.pid)} - {lost}
    assert three.stop() == 0


@pytest.mark.parametrize("count", ["0", "11", "two", "-1", "²"])
def test_a_wrong_count_is_one_clear_sentence(fails_to_start: Callable[..., str], count: str) -> None:
    said = fails_to_start("--port", "0", env=environment({"FUNCTIONS_WORKER_PROCESS_COUNT": count}))
    assert said == (f"The host cannot start: FUNCTIONS_WORKER_PROCESS_COUNT is {count!r}, and can be 1 to 10.\n")
