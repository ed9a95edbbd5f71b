"""How often a call waits for PostgreSQL: counted on the wire, for how long each takes is the network's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from urllib.parse import urlsplit

from bench.calls.contenders import Setup
from bench.calls.http_client import MODERN, burst, request_bytes
from bench.calls.workloads import Workload
from local.asgi_server import LOOPBACK

SECONDS = 1.0


async def round_trips(product: Setup, workload: Workload, parts: ExitStack) -> float:
    """Of a call, on average, once the process is warm. product: another one of its host is started."""
    url = product.settings["APP_DATABASE_URL"]
    address, wire = urlsplit(url), Wire()
    async with wire.to(address.hostname or "", address.port or 0) as port:
        on_the_wire = url.replace(f":{address.port}/", f":{port}/")
        server = await asyncio.to_thread(product.beside("wired", {"APP_DATABASE_URL": on_the_wire}).started, parts)
        request = request_bytes(server.url, workload, MODERN, server.token)
        await burst(server.url, request, workload, concurrency=1, seconds=SECONDS)
        before = wire.round_trips
        taken = await burst(server.url, request, workload, concurrency=1, seconds=SECONDS)
        return (wire.round_trips - before) / len(taken.seconds)


class Wire:
    """Passes on what goes between clients and a server, and counts how often a client speaks after it has listened."""

    def __init__(self) -> None:
        self.round_trips = 0

    @asynccontextmanager
    async def to(self, host: str, port: int) -> AsyncIterator[int]:
        """The port on which the server is to be found."""

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server_reader, server_writer = await asyncio.open_connection(host, port)
            asked = False

            async def to_server() -> None:
                nonlocal asked
                while data := await reader.read(2**16):
                    self.round_trips += not asked
                    asked = True
                    server_writer.write(data)
                server_writer.close()

            async def to_client() -> None:
                nonlocal asked
                while data := await server_reader.read(2**16):
                    asked = False
                    writer.write(data)
                writer.close()

            await asyncio.gather(to_server(), to_client(), return_exceptions=True)

        server = await asyncio.start_server(relay, LOOPBACK, 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
