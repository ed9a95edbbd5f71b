"""An eye on a running stack while it is attacked: how long another caller waits, how much memory its worker takes."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.isolation.detector import Outcome
from tests.protocol.requests import ACCEPT, call
from tests.stack import PLAIN, RunningStack

POINT_QUERY = "SELECT store_name FROM retail.stores WHERE store_id = 1"
PAUSE_SECONDS = 0.05
MOST_BYTES = 32 * 1024 * 1024
"""More of an answer is not read: an attacker does not wait either."""


@dataclass
class Watch:
    """What was seen so far."""

    waits: list[float] = field(default_factory=list)
    """Seconds of the other caller's point queries."""
    wrong: list[str] = field(default_factory=list)
    memory_before: int = 0
    memory_most: int = 0

    @property
    def grown_bytes(self) -> int:
        return self.memory_most - self.memory_before


def send(client: httpx2.Client, statement: str, max_rows: int = 1000) -> Outcome:
    """One call over HTTP, as far as it can be read."""
    began = time.monotonic()
    body = call("execute_sales_query", postgresql_query=statement, max_rows=max_rows)
    try:
        with client.stream("POST", "/mcp", json=body, headers=ACCEPT) as response:
            text = bytearray()
            for piece in response.iter_bytes():
                text += piece
                if len(text) > MOST_BYTES:
                    return Outcome(
                        ran=True, said="more bytes than anybody should get", seconds=time.monotonic() - began
                    )
    except UnicodeError as error:
        return Outcome(ran=False, said=type(error).__name__)
    return _as_outcome(response.status_code, text.decode(), time.monotonic() - began)


def _as_outcome(status: int, text: str, seconds: float) -> Outcome:
    message = re.search(r"^(?:data: )?(\{.*\})$", text.replace("\r", ""), re.MULTILINE)
    result: dict[str, Any] = json.loads(message[1]).get("result", {}) if message else {}
    if status != 200 or not result or result.get("isError"):
        # Without the position, which counts the attacker's own characters.
        return Outcome(ran=False, said=re.sub(r'"position":\d+', "", f"{status} {text[:2000]}"), seconds=seconds)
    data = result["structuredContent"]
    return Outcome(
        ran=True,
        names=tuple(column["name"] for column in data["columns"]),
        rows=tuple(tuple(row) for row in data["rows"]),
        seconds=seconds,
    )


@contextmanager
def watched(stack: RunningStack, *, bystander: str = "seattle") -> Iterator[Watch]:
    """Point queries of another caller, one behind the other, and the worker's memory beside them."""
    watch, over, begun = Watch(), threading.Event(), threading.Event()
    status = Path(f"/proc/{stack.parts()['Functions host']}/status")
    watch.memory_before = watch.memory_most = _resident_bytes(status)

    def ask() -> None:
        with httpx2.Client(base_url=stack.base, headers=stack.headers(bystander), timeout=60, verify=PLAIN) as client:
            while not over.is_set():
                outcome = send(client, POINT_QUERY, max_rows=1)
                watch.waits.append(outcome.seconds)
                if outcome.rows != (("Zava Retail Seattle",),):
                    watch.wrong.append(outcome.text()[:300])
                begun.set()
                over.wait(PAUSE_SECONDS)

    def weigh() -> None:
        while not over.wait(PAUSE_SECONDS):
            watch.memory_most = max(watch.memory_most, _resident_bytes(status))

    threads = [threading.Thread(target=ask), threading.Thread(target=weigh)]
    for thread in threads:
        thread.start()
    try:
        assert begun.wait(timeout=30)
        yield watch
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _resident_bytes(status: Path) -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB", status.read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024
