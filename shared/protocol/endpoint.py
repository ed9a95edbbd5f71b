"""What a request is asked before the SDK gets it: whether its body is JSON, not too long, and opens what it may open.

One object in place of a middleware for each question: the body is read once.
"""

from mcp.server.streamable_http import check_accept_headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.authorization import Named, ensure_permitted

MAX_BODY_BYTES = 1024 * 1024


class Endpoint:
    """ASGI application. answering: replies with the one message that answers; streaming: with all that come before it,
    too, for which it has a task group, two streams of memory and in the older era a writer of events.
    """

    def __init__(self, answering: ASGIApp, streaming: ASGIApp, named: Named) -> None:
        self._answering = answering
        self._streaming = streaming
        self._named = named

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the same body, or answer 413 or 415; raises InsufficientScope."""
        request = Request(scope, receive)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            # The SDK would say 400.
            return await Response(status_code=415, headers={"accept": "application/json"})(scope, receive, send)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return await Response("Request body too large", 413)(scope, receive, send)
        ensure_permitted(bytes(body), self._named)
        unread: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        app = self._answering if _wants_the_answer_alone(request, body) else self._streaming
        return await app(scope, replay, send)


def _wants_the_answer_alone(request: Request, body: bytearray) -> bool:
    """Whether nothing may be told before the answer: the server's tools tell of progress, to who gives a token for it.

    Whoever writes the token's name with escapes gets its answer without, as any server may do. Clients that do not take
    both kinds of answer are for the streaming application to refuse.
    """
    return b'"progressToken"' not in body and all(check_accept_headers(request))
