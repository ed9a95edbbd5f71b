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

from local.people import PEOPLE
from local.tokens import IssuerKey, load_key, token_for

REPOSITORY = Path(__file__).resolve().parents[1]
START_SECONDS = 90
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
def cold_host(stack: RunningStack, **settings: str) -> Iterator[str]:
    """A second Functions host over the same services that nobody has called yet."""
    environ = Path(f"/proc/{stack.parts()['Functions host']}/environ").read_bytes().decode().split("\0")
    command = [sys.executable, "-m", "local.functions_host", "--script-root", str(REPOSITORY), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--state-file", str(stack.state / "cold.json"), "--die-with-parent"],
        cwd=REPOSITORY,
        env={**dict(line.split("=", 1) for line in environ if "=" in line), **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("listening ").strip()
        process.terminate()


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


def wait_until_ready(process: "subprocess.Popen[str]", state: Path) -> str:
    """The URL of the ready line."""
    assert process.stdout is not None
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    line = process.stdout.readline()
    watchdog.cancel()
    assert line.startswith("ready http://127.0.0.1:"), f"{line!r}: {(state / 'start.log').read_text()}"
    return line.removeprefix("ready ").strip()


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
