"""Ends a process when the one that started it is gone, however it went.

The starter holds the other end of this process's standard input; when it dies, the kernel closes it.
"""

import os
import threading
from collections.abc import Callable


def when_orphaned(stop: Callable[[], None]) -> None:
    """Call stop, from a thread, as soon as standard input ends."""

    def wait() -> None:
        while os.read(0, 1):  # not sys.stdin, whose lock would stop the interpreter from ending
            pass
        stop()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
