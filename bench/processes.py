"""What a process uses, by /proc, and waiting for one."""

import os
import time
from collections.abc import Callable
from pathlib import Path

READY_SECONDS = 60.0


def family_of(pid: int) -> list[int]:
    """The process and those that it has started."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def cpu_seconds(pid: int) -> float:
    """In user and system mode since it began, its family's with it."""
    fields = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in family_of(pid)]
    return sum(int(user) + int(system) for *_, user, system in (each[:13] for each in fields)) / os.sysconf(
        "SC_CLK_TCK"
    )


def resident_bytes(pid: int) -> int:
    """In memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def wait_until(ready: Callable[[], bool]) -> None:
    """Raises TimeoutError after a minute."""
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError("a part was not ready in time")
        time.sleep(0.05)
