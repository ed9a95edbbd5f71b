"""What a request is asked before the SDK gets it: whether its body is JSON, not too long, and opens what it may open.

One object in place of a middleware for each question: the body is read once.
"""

import json

from mcp.server.streamable_http import check_accept_headers
from mcp.types import INVALID_REQUEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.authorization import Named, ensure_permitted
from shared.protocol.fast_path import FastPath

MAX_BODY_BYTES = 1024 * 1024
NO_JSON = object()
"""Beside None, which is JSON's null."""


class Endpoint:
    """ASGI application.

    answering: replies with the one message that answers; streaming: with all that come before it, too, for which it has
    a task group, two streams of memory and in the older era a writer of events. fast_path: for plain requests.
    """

    def __init__(self, answering: ASGIApp, streaming: ASGIApp, named: Named, fast_path: FastPath | None) -> None:
        self._answering = answering
        self._streaming = streaming
        self._named = named
        self._fast_path = fast_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the same body, or answer 413 or 415; raises InsufficientScope."""
        request = Request(scope, receive)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            # The SDK would say 400.
            return await Response(status_code=415, headers={"accept": "application/json"})(scope, receive, send)
        read = bytearray()
        async for chunk in request.stream():
            read += chunk
            if len(read) > MAX_BODY_BYTES:
                return await Response("Request body too large", 413)(scope, receive, send)
        body = bytes(read)
        message = _json_of(body)
        if message is not NO_JSON and (problem := _no_message(message)):
            return await _refused(problem, message)(scope, receive, send)
        ensure_permitted(message, self._named)
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        if not _wants_the_answer_alone(request, body):
            return await self._streaming(scope, replay, send)
        if self._fast_path is not None and (plain := await self._fast_path.taken(request, body, message)) is not None:
            return await self._fast_path.answer(plain, scope, replay, send)
        return await self._answering(scope, replay, send)


def _json_of(body: bytes) -> object:
    """NO_JSON for what the SDK refuses: its parsers read no body that json does not read, and read it alike."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return NO_JSON


def _no_message(message: object) -> str | None:
    """Why it is no message of JSON-RPC; None for one. The SDK would quote it, or take a request for a notification."""
    if not isinstance(message, dict):
        return "a body is one message, a JSON object; there are no batches"
    if message.get("jsonrpc") != "2.0":
        return 'a message has "jsonrpc": "2.0"'
    if "id" in message and not _is_id(message["id"]):
        return "an id is a string or an integer"
    if not isinstance(message.get("method", ""), str) or not message.keys() & {"method", "result", "error"}:
        return "a request has a method, a string"
    return None


def _is_id(given: object) -> bool:
    return isinstance(given, str) or type(given) is int


def _refused(problem: str, message: object) -> Response:
    given = message.get("id") if isinstance(message, dict) else None
    error = {"code": INVALID_REQUEST, "message": f"Invalid Request: {problem}."}
    return JSONResponse({"jsonrpc": "2.0", "id": given if _is_id(given) else None, "error": error}, 400)


def _wants_the_answer_alone(request: Request, body: bytes) -> bool:
    """Whether nothing may be told before the answer: the server's tools tell of progress, to who gives a token for it.

    Whoever writes the token's name with escapes gets its answer without, as any server may do. Clients that do not take
    both kinds of answer are for the streaming application to refuse.
    """
    return b'"progressToken"' not in body and all(check_accept_headers(request))
