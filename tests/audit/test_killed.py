"""A server that is killed at any moment: every call that was answered is in the trail."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from local.asgi_server import serving
from local.tokens import new_key
from tests.audit.instances import HEADERS, trail_of
from tests.audit.records import trail
from tests.conftest import REPOSITORY, Database
from tests.identity.running_issuer import RunningIssuer
from tests.processes import eventually, is_running

pytestmark = pytest.mark.anyio

KILLS = 15
CALL = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get_current_utc_date", "arguments": {}}}
)


@pytest.fixture
def servers(empty: Database, tmp_path: Path) -> Iterator["tuple[subprocess.Popen[str], str]"]:
    """What forks a server for each line, and a token for them."""
    issuer = RunningIssuer([new_key()])
    with serving(issuer) as issuer.authority:
        arguments = [empty.app_url, empty.jobs_url, issuer.authority, str(tmp_path)]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.audit.instances", *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield process, issuer.mint(scp="catalog.read")
            assert process.stdin is not None
            process.stdin.close()


class Client(threading.Thread):
    """Calls until nobody answers any more, and notes the trace of each answer."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__()
        self._connection = HTTPConnection("127.0.0.1", port, timeout=20)
        self._headers = {**HEADERS, "authorization": f"Bearer {token}"}
        self.answered: list[str] = []

    def run(self) -> None:
        while True:
            trace = os.urandom(16).hex()
            headers = {**self._headers, "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
            try:
                self._connection.request("POST", "/mcp", CALL, headers)
                response = self._connection.getresponse()
                response.read()
            except (OSError, HTTPException):
                self._connection.close()
                return
            assert response.status == 200
            self.answered.append(trace)


async def test_no_answered_call_is_missing_after_a_kill(
    empty: Database, servers: "tuple[subprocess.Popen[str], str]", tmp_path: Path
) -> None:
    forking, token = servers
    assert forking.stdin is not None
    assert forking.stdout is not None
    moments = random.Random(4711)
    answered: list[str] = []
    left = 0
    for _ in range(KILLS):
        print(file=forking.stdin, flush=True)
        pid, port = map(int, forking.stdout.readline().split())
        clients = [Client(port, token) for _ in range(3)]
        for client in clients:
            client.start()
        eventually(lambda: any(client.answered for client in clients), "an answer", seconds=20)  # noqa: B023
        time.sleep(moments.uniform(0, 0.3))
        os.kill(pid, signal.SIGKILL)
        for client in clients:
            client.join()
            answered += client.answered
        eventually(lambda: not is_running(pid), "the end")  # noqa: B023
        left += any(path.stat().st_size for path in (tmp_path / "spool").iterdir())
    async with trail_of(empty.jobs_url, tmp_path / "spool"):
        async with asyncio.timeout(20):
            while list((tmp_path / "spool").iterdir()):
                await asyncio.sleep(0.05)
    kept = [row["trace_id"] for row in trail(empty)]
    print(f"{len(answered)} answers, {len(kept)} rows, {left} kills that left some")
    assert len(answered) > 3 * KILLS
    assert left
    assert set(answered) <= set(kept)
    assert len(set(kept)) == len(kept)
    assert len(kept) - len(answered) <= 3 * KILLS  # the calls that were under way
