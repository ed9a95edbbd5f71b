"""Child processes that never outlive the command that started them.

Linux sends them a signal then; elsewhere programs of this repository watch their standard input (local/lifeline.py).
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def start_child(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: dict[str, str],
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
    user: int | None = None,
    group: int | None = None,
    death_signal: signal.Signals | None = None,
) -> "subprocess.Popen[bytes]":
    """A child in a session of its own, so that Ctrl-C reaches only the parent, which then stops it in order.

    Its standard input stays open as long as this process lives. death_signal: what the kernel sends then, on Linux.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
        preexec_fn=_die_with_parent(death_signal) if death_signal and sys.platform == "linux" else None,
    )


def has_ended(child: "subprocess.Popen[bytes]") -> bool:
    """As poll() says, but with signals kept waiting meanwhile.

    An exception that a handler raises in the middle of poll() leaves its lock taken, and who then waits for the child
    waits for ever.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        return child.poll() is not None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stop_child(child: "subprocess.Popen[bytes]", gentle: signal.Signals, seconds: float) -> None:
    """Ask with `gentle`, wait, then kill."""
    if not has_ended(child):
        child.send_signal(gentle)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdin:
        child.stdin.close()


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and here
            os.kill(os.getpid(), signal.SIGKILL)

    return prepare


def open_log(path: Path, mode: str = "ab") -> IO[bytes]:
    """A log that only its owner reads: it may quote what callers asked for."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))
