"""What a process uses, by /proc, and waiting for one."""

import os
import time
from collections.abc import Callable
from pathlib import Path

READY_SECONDS = 60.0


def cpu_seconds(pid: int) -> float:
    """In user and system mode since it began."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
