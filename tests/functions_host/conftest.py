"""Starts the host as a child process, as dev.py and CI do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

REPOSITORY = Path(__file__).parents[2]
SAMPLE_APP = Path(__file__).parent / "sample_app"
TIMERS = ("every_second", "fails_every_second", "slower_than_its_schedule", "hourly", "at_start_only")

type StartHost = Callable[..., RunningHost]


def command(*options: str, app: Path = SAMPLE_APP) -> list[str]:
    return [sys.executable, "-m", "local.functions_host", "--script-root", str(app), *options]


def environment(settings: Mapping[str, str] | None = None, *, timers: tuple[str, ...] = ()) -> dict[str, str]:
    """The sample app's settings, some of them replaced; only the named timers run."""
    disabled = {f"AzureWebJobs.{name}.Disabled": "true" for name in TIMERS if name not in timers}
    disabled["AzureWebJobs_retired_Disabled"] = "1"
    return {**os.environ, "HOURLY_SCHEDULE": "0 0 * * * *", **disabled, **(settings or {})}


class RunningHost:
    """A host that has printed its URL."""

    def __init__(self, process: subprocess.Popen[str], log_file: Path) -> None:
        self.process = process
        self._log_file = log_file
        assert process.stdout is not None
        watchdog = threading.Timer(15, process.kill)
        watchdog.start()
        line = process.stdout.readline()
        watchdog.cancel()
        assert line.startswith("listening http://127.0.0.1:"), f"{line!r}\n{self.log()}"
        self.url = line.removeprefix("listening ").strip()
        self.client = httpx2.Client(base_url=self.url, timeout=10)

    def log(self) -> str:
        return self._log_file.read_text()

    def runs(self, name: str) -> list[dict[str, Any]]:
        """What the sample app has recorded under a name."""
        recorded: list[dict[str, Any]] = self.client.get(f"/api/runs/{name}").json()
        return recorded

    def stop(self) -> int:
        """The exit code after SIGTERM."""
        self.client.close()
        self.process.terminate()
        return self.process.wait(timeout=10)


@pytest.fixture(scope="session")
def start_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartHost]:
    hosts: list[RunningHost] = []

    def start(*options: str, app: Path = SAMPLE_APP, env: dict[str, str] | None = None) -> RunningHost:
        folder = tmp_path_factory.mktemp("host")
        if "--state-file" not in options:
            options += ("--state-file", str(folder / "timers.json"))
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                command("--port", "0", "--die-with-parent", *options, app=app),
                cwd=REPOSITORY,
                env=env or environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            hosts.append(RunningHost(process, folder / "log"))
        except BaseException:
            process.kill()
            raise
        return hosts[-1]

    yield start
    for host in hosts:
        if host.process.poll() is None:
            host.process.kill()
        host.process.wait()
        for pipe in (host.process.stdin, host.process.stdout):
            if pipe:
                pipe.close()
        host.client.close()


@pytest.fixture(scope="session")
def host(start_host: StartHost) -> RunningHost:
    """One host without timers for all tests that only send requests."""
    return start_host()


@pytest.fixture
def fails_to_start(tmp_path: Path) -> Callable[..., str]:
    """Runs a host that is expected to give up; what it said on stderr."""

    def run(*options: str, app: Path = SAMPLE_APP, env: dict[str, str] | None = None) -> str:
        ended = subprocess.run(
            command("--state-file", str(tmp_path / "timers.json"), *options, app=app),
            cwd=REPOSITORY,
            env=env or environment(),
            capture_output=True,
            text=True,
            timeout=15,
        )
        assert (ended.returncode, ended.stdout) == (1, "")
        return ended.stderr

    return run
