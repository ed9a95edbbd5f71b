"""A stack started by `dev.py start`, as a person starts it: a child process and its state folder."""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from local.child import open_log, start_child, stop_child
from local.parts import application_settings
from local.people import PEOPLE
from local.state import StateFolder
from local.tokens import IssuerKey, load_key, token_for
from tests.processes import eventually

REPOSITORY = Path(__file__).resolve().parents[1]
START_SECONDS = 110
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: without it, each reads all certificates of the world before its first request."""


class RunningStack:
    """A stack that has printed its ready line."""

    def __init__(self, process: "subprocess.Popen[str]", state: Path) -> None:
        self.process = process
        self.state = state
        self.noted: dict[str, Any] = json.loads((state / "stack.json").read_text())
        self.url: str = self.noted["mcp_url"]
        self.base = self.url.removesuffix("/mcp")

    def token(self, name: str) -> str:
        return token_for(PEOPLE[name], self._issuer_key, authority=self.noted["issuer"])

    @cached_property
    def _issuer_key(self) -> IssuerKey:
        """Read once: checking it takes longer than signing with it."""
        return load_key(self.state)

    def headers(self, name: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(name)}"}

    def connect(self, variable: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.noted["environment"][variable], autocommit=True)

    def host_log(self) -> str:
        return (self.state / "host.log").read_text()

    def parts(self) -> dict[str, int]:
        """Process ids of what was started."""
        found: dict[str, int] = self.noted["pids"]
        return found

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@contextmanager
def started_stack(state: Path, *options: str, **environment: str) -> Iterator[RunningStack]:
    """`dev.py start` on a free port, stopped and checked at the end."""
    process = start(state, *options, **environment)
    try:
        wait_until_ready(process, state)
        yield RunningStack(process, state)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def host_beside(stack: RunningStack, name: str, app: Path = REPOSITORY, **changed: str) -> Iterator[str]:
    """The base URL of one more Functions host on the stack's database, secrets and issuer, that nobody has called yet.

    name: of its log and of what its timers remember, in the stack's state folder. app: where its functions are.
    """
    state = StateFolder(stack.state)
    settings = application_settings(state, stack.noted["environment"], stack.noted["ports"])
    log = state.path / f"{name}-host.log"
    command: list[str | Path] = [sys.executable, "-m", "local.functions_host", "--script-root", app, "--port", "0"]
    command += ["--state-file", state.path / f"{name}-timers.json", "--die-with-parent"]
    with open_log(log, "wb") as output:
        child = start_child(
            command,
            cwd=REPOSITORY,
            env=os.environ | settings | changed,
            stdout=subprocess.PIPE,
            stderr=output,
            death_signal=signal.SIGKILL,
        )
    try:
        assert child.stdout is not None
        with child.stdout, _killed_after(child, START_SECONDS):
            line = child.stdout.readline().decode()
        assert line.startswith("listening "), log.read_text()
        yield line.removeprefix("listening ").strip()
    finally:
        stop_child(child, signal.SIGTERM, 10)


def start(state: Path, *options: str, **environment: str) -> "subprocess.Popen[str]":
    """The process, not yet ready. What it says on stderr is in start.log."""
    with (state / "start.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "dev.py", "start", "--port", "0", "--state", str(state), *options],
            cwd=REPOSITORY,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


def kill_while_loading(state: Path) -> None:
    """A start that ends in the middle of the sample data; what it said is in killed.log."""
    process = start(state, "--data", "full")
    log = state / "start.log"
    try:
        eventually(lambda: "loading orders" in log.read_text(), "the load of the orders", START_SECONDS)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    log.rename(state / "killed.log")


def wait_until_ready(process: "subprocess.Popen[str]", state: Path) -> str:
    """The URL of the ready line."""
    assert process.stdout is not None
    with _killed_after(process, START_SECONDS):
        line = process.stdout.readline()
    assert line.startswith("ready http://127.0.0.1:"), f"{line!r}: {(state / 'start.log').read_text()}"
    return line.removeprefix("ready ").strip()


@contextmanager
def _killed_after(process: "subprocess.Popen[Any]", seconds: float) -> Iterator[None]:
    """So that who reads from it waits no longer."""
    watchdog = threading.Timer(seconds, process.kill)
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def run_dev(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`dev.py` with arguments, to its end."""
    return subprocess.run(
        [sys.executable, "dev.py", *arguments],
        cwd=REPOSITORY,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
