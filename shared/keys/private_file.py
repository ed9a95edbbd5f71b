"""A small JSON file that only its owner reads, changed by one process at a time and never seen half written."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_private(path: Path, content: object) -> None:
    """Whole or not at all, and never readable by others."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Until the end of the block nobody else who asks writes the file; the kernel lets go where this process ends."""
    import fcntl  # late: Windows has none, and only reads

    with open(path.with_suffix(".lock"), "a", opener=lambda name, flags: os.open(name, flags, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
