"""HTTP/1.1 by hand: any bytes as a request over kept connections, and what came back."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import h11

CONNECTIONS = 8
REPLY_SECONDS = 30


@dataclass(frozen=True)
class Request:
    """A request as it is sent; its length is added unless a header says one."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"content-length: {len(self.body)}", "\r\n"]).encode("latin-1") + self.body


@dataclass
class Reply:
    """A reply that was HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    closes: bool = field(default=False)


class NoReply(Exception):
    """The server said nothing, or nothing that is HTTP, or not in time."""


class Wire:
    """Kept connections to one server. A connection that the server closes is opened anew."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def exchange(self, requests: Iterable[Request]) -> list[Reply]:
        """The reply to each, in order, from several connections at once."""
        gate = asyncio.Semaphore(CONNECTIONS)

        async def one(request: Request) -> Reply:
            async with gate:
                return await self._one(request)

        return await asyncio.gather(*map(one, requests))

    async def close(self) -> None:
        for _, writer in self._idle:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _one(self, request: Request) -> Reply:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(*self._address)
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                writer.write(request.raw())
                reply = await _read(reader, request.method)
        except (OSError, TimeoutError, h11.RemoteProtocolError) as error:
            writer.close()
            raise NoReply(f"{error!r} for {request}") from error
        if reply.closes:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return reply


async def _read(reader: asyncio.StreamReader, method: str) -> Reply:
    """One reply, as a strict client reads it."""
    client = h11.Connection(h11.CLIENT)
    # What was sent is none of h11's business, but it must know that something was.
    client.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
    client.send(h11.EndOfMessage())
    reply: Reply | None = None
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            client.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Response):
            reply = Reply(event.status_code, _named(event.headers))
        elif isinstance(event, h11.Data):
            assert reply is not None
            reply.body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert reply is not None
            reply.closes = client.their_state is not h11.DONE or "close" in reply.headers.get("connection", "")
            return reply


def _named(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
