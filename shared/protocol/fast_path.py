"""The short way for what is asked most, calls of tools and lists: the SDK's answers for a part of its work.

It takes a request only where every part of it is plain; any other one, right or wrong, goes to the SDK. The SDK's own
checks say whether a plain request is right, and its answers are the measure: tests/protocol/test_fast_path.py sends
the same requests both ways.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from mcp.shared.inbound import (
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
)
from mcp.types import SERVER_INFO_META_KEY, CallToolResult, ContentBlock, TextContent
from mcp.types.methods import validate_client_request
from mcp.types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.identity.caller import current_caller
from shared.protocol.mistakes import ZavaServer
from shared.protocol.pagination import LISTS
from shared.telemetry.call_record import current_record
from shared.telemetry.recording import note_request, outcome_of
from shared.text_rows import TextRows

REVISIONS = frozenset({"2025-06-18", "2025-11-25", *MODERN_PROTOCOL_VERSIONS})
MAX_BRACKETS = 100
"""In a body: parsers differ in how deep they read."""
MOST_KEPT = 64
_MEMBERS = frozenset({"jsonrpc", "id", "method", "params"})
_PARAMS: Mapping[str, frozenset[str]] = {
    "tools/call": frozenset({"name", "arguments", "_meta"}),
    **dict.fromkeys(LISTS, frozenset({"_meta"})),
}


@dataclass(frozen=True)
class PlainRequest:
    """A JSON-RPC request that the SDK finds right, and that asks for nothing but its answer."""

    id: int | str
    method: str
    params: Mapping[str, Any]
    revision: str


class FastPath:
    """Answers plain requests to one server.

    sdk: the application that is the measure; what it lists is kept by what it depends on, the revision and the scopes.
    """

    def __init__(self, server: ZavaServer, sdk: ASGIApp, security: TransportSecuritySettings) -> None:
        """server: with its own tools only; others may ask their client before they answer."""
        self._server = server
        self._sdk = sdk
        self._security = TransportSecurityMiddleware(security)
        self._tools = frozenset(server.tool_names())
        self._listed: LRUCache[tuple[str, str, frozenset[str]], str] = LRUCache(MOST_KEPT)

    async def taken(self, request: Request, body: bytes, message: object) -> PlainRequest | None:
        """What this way answers; None for all that the SDK answers. message: the body's JSON."""
        plain = _plain(request, body, message)
        if plain is None or (plain.method == "tools/call" and plain.params.get("name") not in self._tools):
            return None
        return plain if await self._security.validate_request(request, is_post=True) is None else None

    async def answer(self, plain: PlainRequest, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer. receive: the request's body, for the SDK."""
        if plain.method in LISTS:
            await self._list(plain, scope, receive, send)
            return
        if (record := current_record.get()) is not None:
            note_request(record, plain.method, plain.params)
        result = await self._server.answer_to(plain.params["name"], plain.params.get("arguments", {}))
        if not isinstance(result, CallToolResult):
            raise TypeError("a tool of the server's own asks its client")
        if record is not None:
            record.outcome = outcome_of(result)
        await self._send(plain, self._told(result, plain.revision), send)

    def _told(self, result: CallToolResult, revision: str) -> str:
        told: dict[str, Any] = {"content": [_content(block) for block in result.content], "isError": result.is_error}
        meta = dict(result.meta or {})
        if revision in MODERN_PROTOCOL_VERSIONS:
            told["resultType"] = "complete"
            meta[SERVER_INFO_META_KEY] = self._server.info_stamp
        if meta:
            told["_meta"] = meta
        if result.structured_content is None:
            return _json(told)
        return f'{_json(told)[:-1]},"structuredContent":{_structured(result.structured_content)}}}'

    async def _list(self, plain: PlainRequest, scope: Scope, receive: Receive, send: Send) -> None:
        asked = plain.method, plain.revision, current_caller.get().scopes
        if (listed := self._listed.get(asked)) is not None:
            if (record := current_record.get()) is not None:
                note_request(record, plain.method, plain.params)
            await self._send(plain, listed, send)
            return
        reply: list[Message] = []

        async def keep(message: Message) -> None:
            reply.append(message)

        await self._sdk(scope, receive, keep)
        if reply[0]["status"] == 200 and len(reply) == 2:
            told = json.loads(reply[1]["body"])
            if "result" in told:
                self._listed[asked] = _json(told["result"])
        for message in reply:
            await send(message)

    async def _send(self, plain: PlainRequest, result: str, send: Send) -> None:
        body = f'{{"jsonrpc":"2.0","id":{_json(plain.id)},"result":{result}}}'.encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _plain(request: Request, body: bytes, message: object) -> PlainRequest | None:
    if not isinstance(message, dict) or message.keys() != _MEMBERS or message["jsonrpc"] != "2.0":
        return None
    method, params, revision = message["method"], message["params"], request.headers.get(MCP_PROTOCOL_VERSION_HEADER)
    if not isinstance(method, str) or method not in _PARAMS or revision not in REVISIONS:
        return None
    if not isinstance(params, dict) or not params.keys() <= _PARAMS[method] or not _plain_id(message["id"]):
        return None
    if not isinstance(params.get("_meta", {}), dict) or not isinstance(params.get("arguments", {}), dict):
        return None
    if not _read_alike(body) or not _right(request, message, revision):
        return None
    return PlainRequest(message["id"], method, params, revision)


def _plain_id(given: object) -> bool:
    """Not such numbers as parsers round."""
    return isinstance(given, str) or (type(given) is int and abs(given) < 2**53)


def _read_alike(body: bytes) -> bool:
    """Whether the SDK's two parsers read this JSON alike: one takes other encodings, marks of byte order, halves of
    surrogates and what is nested deeper.
    """
    if b"\\u" in body or b"\0" in body or body.lstrip()[:1] != b"{":
        return False
    if body.count(b"[") + body.count(b"{") > MAX_BRACKETS:
        return False
    try:
        return body.isascii() or bool(body.decode())
    except UnicodeDecodeError:
        return False


def _right(request: Request, message: dict[str, Any], revision: str) -> bool:
    """By the SDK's own checks, in whatever order: what is wrong, it says itself."""
    names = request.headers.keys()
    if any(name.startswith(MCP_PARAM_HEADER_PREFIX.lower()) for name in names):
        return False
    if find_duplicated_routing_header(request.headers.items()) is not None:
        return False
    if revision in MODERN_PROTOCOL_VERSIONS:
        route = classify_inbound_request(message, headers=dict(request.headers))
        if not isinstance(route, InboundModernRoute):
            return False
        # Extensions change what a call is.
        if not isinstance(route.client_capabilities, dict) or route.client_capabilities.get("extensions"):
            return False
    try:
        validate_client_request(message["method"], revision, message["params"])
    except ValidationError:
        return False
    return True


def _content(block: ContentBlock) -> dict[str, Any]:
    if type(block) is TextContent and block.annotations is None and block.meta is None:
        return {"type": "text", "text": block.text}
    return block.model_dump(mode="json", by_alias=True, exclude_none=True)


def _structured(data: Mapping[str, Any]) -> str:
    rows = data.get("rows")
    if not isinstance(rows, TextRows):
        return _json(data)
    told = _json({name: value for name, value in data.items() if name != "rows"})
    return f'{told[:-1]},"rows":{rows.json()}}}'


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
