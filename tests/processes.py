"""Waiting for what happens elsewhere, and looking at other processes."""

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path


def nothing_but(variables: Mapping[str, str]) -> dict[str, str]:
    """An environment of these variables, PATH, and what has lines of other processes counted where they are."""
    kept = ("PATH", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in kept if name in os.environ} | dict(variables)


def eventually[T](probe: Callable[[], T], what: str, seconds: float = 10) -> T:
    """The first true answer of the probe."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)
    return answer


def is_running(pid: int) -> bool:
    """A zombie that nobody reaps has ended, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_end(pids: dict[str, int], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while any(is_running(pid) for pid in pids.values()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def children_of(pid: int) -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if parent_of(path) == pid]


def parent_of(process: Path) -> int | None:
    with contextlib.suppress(OSError):
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return None
