"""Starts and stops everything: the socket, the app, uvicorn, the timers, the signals."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from .admin import Admin
from .errors import PortTaken, StartError
from .front_end import FrontEnd, make_routes
from .keys import AccessKeys
from .schedule_status import StatusFile
from .settings import load_local_settings, read_host_json
from .timers import Timers
from .worker import Worker
from .worker_processes import WorkerProcess, handed_connections, own_connections, worker_count

log = logging.getLogger("functions_host")

GRACE = 5.0
"""Seconds that running invocations get after a signal."""
# After GRACE: what loops, threads and exit handlers get, before the process ends without asking them.
_CLEAN_UP = 2.0
_SERVED_TRIGGERS = frozenset({"httptrigger", "timertrigger"})


@dataclass(frozen=True, kw_only=True)
class Options:
    """The command line."""

    script_root: Path
    host: str
    port: int
    """0 takes any free port."""
    state_file: Path
    enable_auth: bool
    arguments: tuple[str, ...]
    """Of the command line, for further processes."""
    started_in: Path
    """Where the command line was given."""
    channel: int | None
    """What a further process gets its connections by; None in the first one."""


class _Server(uvicorn.Server):
    """uvicorn without its signal handling, which would end the process by the signal instead of with 0.

    connections: where others accept them, too; without, it listens itself.
    """

    def __init__(self, config: uvicorn.Config, connections: AsyncIterator[socket.socket] | None) -> None:
        super().__init__(config)
        self._connections = connections
        self.on_started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets if self._connections is None else [])
        if self._connections is not None:
            self._taking = asyncio.create_task(self._take(self._connections))
        self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._connections is not None:
            self._taking.cancel()
            await asyncio.wait({self._taking})
        await super().shutdown(sockets)

    async def _take(self, connections: AsyncIterator[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        async for connection in connections:
            try:
                await loop.connect_accepted_socket(self._protocol, connection)
            except OSError as error:
                log.warning("a connection was lost at once: %s", error)
        signal.raise_signal(signal.SIGTERM)  # nobody hands over any more

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(options: Options, announce: Callable[[str], None]) -> None:
    """Until SIGINT or SIGTERM. `announce` gets the URL once requests are accepted."""
    listener = None if options.channel is not None else _bind(options.host, options.port)
    load_local_settings(options.script_root, os.environ)
    config = uvicorn.Config(
        "",  # the application follows once it is loaded
        interface="asgi3",
        http="httptools",
        loop="asyncio",  # as in Azure
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the loopback check of /admin wants the real peer
        timeout_keep_alive=130,  # Kestrel's
        timeout_graceful_shutdown=int(GRACE),
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(options, config, listener, announce))


async def _serve(
    options: Options, config: uvicorn.Config, listener: socket.socket | None, announce: Callable[[str], None]
) -> None:
    """listener: None in a further process."""
    more = worker_count(os.environ) - 1 if listener is not None else 0
    others = [WorkerProcess(options.arguments, options.started_in) for _ in range(more)]
    server, stopping = _Server(config, _connections(options, listener, others)), asyncio.Event()
    deadline = _stop_on_signal(server, stopping)
    try:
        worker, timers, config.app = await _load(options)
        await asyncio.gather(*(other.ready() for other in others))

        def started() -> None:
            if listener is not None:
                timers.start(stopping)
                announce(_url(options.host, listener))

        if not server.should_exit:
            server.on_started = started
            if listener is not None:
                _listen(listener, options)
            await server.serve([] if listener is None else [listener])
            for other in others:
                other.release()
            left = deadline() - time.monotonic()
            await asyncio.gather(timers.drain(left), worker.drain(left))
        worker.stop()
    finally:
        for other in others:
            other.release()
        for other in others:
            other.wait(GRACE)


def _connections(
    options: Options, listener: socket.socket | None, others: Sequence[WorkerProcess]
) -> AsyncIterator[socket.socket] | None:
    """None where the server may listen for itself alone."""
    if listener is None:
        assert options.channel is not None
        return handed_connections(options.channel)
    return own_connections(listener, others) if others else None


async def _load(options: Options) -> tuple[Worker, Timers, FrontEnd]:
    host_json = read_host_json(options.script_root)
    keys = AccessKeys.from_environ(os.environ) if options.enable_auth else None
    worker = await Worker.start(options.script_root, host_json)
    for function in worker:
        if function.trigger_type not in _SERVED_TRIGGERS:
            log.warning("'Functions.%s': nothing here fires a %s", function.name, function.trigger["type"])
    routes = make_routes(worker, host_json, os.environ)
    timers = Timers(worker, StatusFile(options.state_file), os.environ)
    admin = Admin(worker, timers, {route.function_name: route.template for route in routes}, os.environ)
    return worker, timers, FrontEnd(worker, routes, admin, keys, os.environ)


def _stop_on_signal(server: uvicorn.Server, stopping: asyncio.Event) -> Callable[[], float]:
    """What it returns tells when the grace ends, by the monotonic clock.

    The first signal starts the stop and later ones change nothing: a terminal and a parent often both send one.
    """
    loop, ends_at = asyncio.get_running_loop(), [0.0]

    def stop(signal_number: int, frame: object) -> None:
        if ends_at[0]:
            return
        ends_at[0] = time.monotonic() + GRACE
        server.should_exit = True
        loop.call_soon_threadsafe(stopping.set)
        _end_at_the_latest_after(GRACE + _CLEAN_UP)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return lambda: ends_at[0]


def _end_at_the_latest_after(seconds: float) -> None:
    """Whatever blocks the loop or a thread, the process has an end."""
    killer = threading.Timer(seconds, os._exit, [0])
    killer.daemon = True
    killer.start()


def _bind(host: str, port: int) -> socket.socket:
    """Early, so that a taken port is known before an app has been loaded for nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, for else asyncio leaves Nagle's algorithm on: 40 ms for each answer on a kept connection.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    return listener


def _listen(listener: socket.socket, options: Options) -> None:
    """Two sockets may bind to one port, only one may listen: the second check."""
    try:
        listener.listen(2048)
    except OSError as error:
        raise _cannot_listen(options.host, options.port, error) from error


def _cannot_listen(host: str, port: int, error: OSError) -> StartError:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(f"port {port} on {host} is taken; stop what listens there or choose another --port")
    return StartError(f"cannot listen on {host}:{port}: {error.strerror}")


def _url(host: str, listener: socket.socket) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
