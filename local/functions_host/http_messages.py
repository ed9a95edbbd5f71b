"""An ASGI request in, the worker's RpcHttp out, and an RpcHttp answer back to ASGI."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, quote

from . import protos

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_LIMIT = 100 * 1024 * 1024
"""Bytes; the limit of Azure's front end."""

# The server writes these itself; a function's own could contradict the body that is really sent.
_HEADERS_OF_THE_SERVER = frozenset({"connection", "content-length", "date", "transfer-encoding"})
_UNSAFE_IN_HEADER = re.compile(r"[\r\n\0]|[^\x00-\xff]")


class BodyTooLarge(Exception):
    """The request body is over BODY_LIMIT."""


class ClientGone(Exception):
    """The client hung up before its request was complete."""


class InvalidReply(Exception):
    """The function answered something that is not HTTP."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    async def send(self, send: Send) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        if self.status not in (204, 304):
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if self.status in (204, 304) else self.body})


def joined_headers(scope: Scope) -> dict[str, str]:
    """Lower-case names, repeated values joined by a comma, as StringValues.ToString() does. httptools leaves the space
    behind a value that is none of it (RFC 9110, 5.5).
    """
    headers = scope["headers"]
    return _joined((name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")) for name, value in headers)


def query_string(scope: Scope) -> str:
    return str(scope["query_string"].decode("latin-1"))


def content_length(headers: dict[str, str]) -> int:
    """0 also when the client did not say."""
    return int(headers.get("content-length") or 0)


async def read_body(receive: Receive, headers: dict[str, str]) -> bytes:
    """The whole body; one that is announced as too large is not even read."""
    if content_length(headers) > BODY_LIMIT:
        raise BodyTooLarge
    chunks: list[bytes] = []
    received, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk, more = message.get("body", b""), message.get("more_body", False)
        received += len(chunk)
        if received > BODY_LIMIT:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def to_rpc_http(scope: Scope, headers: dict[str, str], parameters: dict[str, str], body: bytes) -> protos.TypedData:
    query = query_string(scope)
    host = headers.get("host", "localhost")
    path = scope["raw_path"].decode("latin-1")
    return protos.TypedData(
        http=protos.RpcHttp(
            method=scope["method"],
            url=f"{scope['scheme']}://{host}{path}{'?' + query if query else ''}",
            headers=headers,
            query=_joined(parse_qsl(query)),  # drops empty values, as the real host does for Python
            params=parameters,
            body=protos.TypedData(bytes=body) if body else protos.TypedData(),
        )
    )


def to_reply(value: protos.TypedData | None) -> Reply:
    """What goes to the client; InvalidReply if no server could send it."""
    if value is None:
        return Reply(204)
    if value.http is None:
        return Reply(200, (("content-type", "text/plain; charset=utf-8"),), _content(value))
    headers = [(k, v) for k, v in value.http.headers.items() if k.lower() not in _HEADERS_OF_THE_SERVER]
    headers += [("set-cookie", _set_cookie(cookie)) for cookie in value.http.cookies or ()]
    status = int(value.http.status_code)
    if not 200 <= status <= 599:
        raise InvalidReply(f"status code {status} cannot be answered")
    for name, text in headers:
        if _UNSAFE_IN_HEADER.search(name + text):
            raise InvalidReply(f"response header {name!r} holds a line break or a character beyond latin-1")
    return Reply(status, tuple(headers), _content(value.http.body))


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _content(data: protos.TypedData) -> bytes:
    if data.bytes is not None:
        return data.bytes
    return (data.string or data.json or "").encode()


def _set_cookie(cookie: protos.RpcHttpCookie) -> str:
    """ASP.NET Core's spelling: the value is escaped, and a cookie without a path is for `/`."""
    parts = [f"{cookie.name}={quote(cookie.value)}"]
    if cookie.expires:
        parts.append("expires=" + formatdate(cookie.expires.value.seconds, usegmt=True))
    if cookie.max_age:
        parts.append(f"max-age={int(cookie.max_age.value)}")
    if cookie.domain and cookie.domain.value:
        parts.append(f"domain={cookie.domain.value}")
    parts.append(f"path={cookie.path.value if cookie.path and cookie.path.value else '/'}")
    if cookie.secure and cookie.secure.value:
        parts.append("secure")
    if cookie.same_site:
        parts.append("samesite=" + {1: "lax", 2: "strict", 3: "none"}[cookie.same_site])
    if cookie.http_only and cookie.http_only.value:
        parts.append("httponly")
    return "; ".join(parts)
