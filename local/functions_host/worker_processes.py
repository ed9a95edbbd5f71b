"""More than one process for an app, as FUNCTIONS_WORKER_PROCESS_COUNT asks: connections go to each in turn.

The first process listens, accepts and runs the timers. It hands connections to the others, over a pair of sockets with
each, and keeps every so many for itself. When it ends, however it does, the pairs are closed, and the others end, too.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path

from .errors import StartError

log = logging.getLogger("functions_host")

SETTING = "FUNCTIONS_WORKER_PROCESS_COUNT"
MOST = 10
CHANNEL = "--worker-channel"
"""The option by which a further process is told its socket."""
_READY, _CONNECTION = b"r", b"c"


def worker_count(environ: Mapping[str, str]) -> int:
    """As the real host reads it; raises StartError for what it would not take."""
    text = environ.get(SETTING) or "1"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise StartError(f"{SETTING} is {text!r}, and can be 1 to {MOST}")
    return int(text)


class WorkerProcess:
    """A further process of this host."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        """arguments: of the host's own command line. folder: where that was given."""
        self._channel, far = socket.socketpair()
        self._channel.setblocking(False)
        with far:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.functions_host", *arguments, CHANNEL, str(far.fileno())],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
            )

    async def ready(self) -> None:
        """Raises StartError where it ended instead."""
        if await asyncio.get_running_loop().sock_recv(self._channel, 1) != _READY:
            raise StartError("a worker process ended while it started; its reason stands above")

    def takes(self, connection: socket.socket) -> bool:
        """Hand the connection over; False where nobody is there any more."""
        try:
            socket.send_fds(self._channel, [_CONNECTION], [connection.fileno()])
        except OSError as error:
            log.error("worker process %d takes no connections: %s", self._process.pid, error)
            return False
        connection.close()
        return True

    def release(self) -> None:
        """Let it finish what it has begun, and end."""
        self._channel.close()

    def wait(self, seconds: float) -> None:
        """Until it has ended, by force behind that."""
        try:
            self._process.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


async def own_connections(listener: socket.socket, others: Sequence[WorkerProcess]) -> AsyncIterator[socket.socket]:
    """Every so many of those that the listener gets; the others get the rest."""
    loop, alive = asyncio.get_running_loop(), list(others)
    listener.setblocking(False)
    for turn in cycle([None, *others]):
        if turn is not None and turn not in alive:
            continue
        connection, _ = await loop.sock_accept(listener)
        if turn is not None and turn.takes(connection):
            continue
        if turn is not None:
            alive.remove(turn)
        yield connection


async def handed_connections(channel: int) -> AsyncIterator[socket.socket]:
    """In a further process: what the first one hands over, until it ends."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    with socket.socket(fileno=channel) as near:
        near.setblocking(False)
        near.send(_READY)
        loop.add_reader(near, readable.set)
        try:
            while True:
                await readable.wait()
                readable.clear()
                try:
                    said, descriptors, _, _ = socket.recv_fds(near, 1, 1)
                except BlockingIOError:
                    continue
                if not said:
                    return
                for descriptor in descriptors:
                    yield socket.socket(fileno=descriptor)
                readable.set()  # there may be more
        finally:
            loop.remove_reader(near)
