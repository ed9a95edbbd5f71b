"""A proxy on the wire between client and server that sees who speaks when, and can cut the line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Wire:
    """Counts how often the direction of the conversation turns from client to server: the round trips."""

    def __init__(self) -> None:
        self.port = 0
        self.round_trips = 0
        self.connections = 0
        self.said = bytearray()
        """All that clients sent."""
        self._down = asyncio.Event()
        self._last = "server"
        self._writers: set[asyncio.StreamWriter] = set()

    def url(self, url: str) -> str:
        """The same URL through this wire."""
        return url.replace(f":{urlsplit(url).port}/", f":{self.port}/")

    def forget(self) -> None:
        self.round_trips = 0

    def cut(self) -> None:
        """Every connection breaks, as with a failover."""
        for writer in self._writers:
            writer.transport.abort()

    def take_down(self) -> None:
        """The server is gone: connections break, and new ones get nowhere."""
        self._down.set()
        self.cut()

    def take_up(self) -> None:
        """It is back."""
        self._down.clear()

    async def connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str | None, port: int | None
    ) -> None:
        """One client, until one side ends."""
        if self._down.is_set():
            writer.transport.abort()
            return
        self.connections += 1
        there, back = await asyncio.open_connection(host, port)
        if self._down.is_set():  # since
            back.transport.abort()
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        await asyncio.gather(self.pump(reader, back, "client"), self.pump(there, writer, "server"))

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speaker: str) -> None:
        try:
            while data := await reader.read(65536):
                if speaker == "client":
                    self.said += data
                    self.round_trips += self._last == "server"
                self._last = speaker
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    """A wire to the server of a libpq URL."""
    wire, target = Wire(), urlsplit(url)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await wire.connect(reader, writer, target.hostname, target.port)

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    wire.port = listener.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        listener.close()
        wire.cut()
        await asyncio.sleep(0)
