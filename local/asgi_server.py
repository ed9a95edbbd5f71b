"""Any ASGI application on a loopback port, in a thread, with or without TLS."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

if TYPE_CHECKING:  # a service without TLS need not load what writes certificates
    from local.certificate import Certificate

LOOPBACK = "127.0.0.1"
START_SECONDS = 10


class AnnouncedServer(uvicorn.Server):
    """A uvicorn server that says when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts as uvicorn does, then calls on_listening."""
        await super().startup(sockets=sockets)
        self._on_listening()


@contextmanager
def serving(app: ASGIApp, *, port: int = 0, tls: "Certificate | None" = None) -> Iterator[str]:
    """The base URL under which the application answers until the block ends. Port 0 takes a free one."""
    listener = loopback_socket(port)
    listening = threading.Event()
    server = AnnouncedServer(configuration(app, tls), listening.set)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    try:
        if not listening.wait(START_SECONDS):
            raise TimeoutError("the server did not start")
        # A certificate is for a name, and so is the challenge of Key Vault.
        yield base_url(listener) if tls is None else f"https://localhost:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()


def configuration(app: ASGIApp, tls: "Certificate | None" = None) -> uvicorn.Config:
    """A quiet server that does not wait for idle clients when it stops."""
    return uvicorn.Config(
        app,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=1,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.private_key if tls else None,
    )


def loopback_socket(port: int = 0) -> socket.socket:
    """A bound socket. The protocol is named because uvicorn is an order of magnitude slower without."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return listener


def base_url(listener: socket.socket) -> str:
    """The plain HTTP address of a bound socket."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"
