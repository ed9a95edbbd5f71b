"""An ASGI application behind an HTTP trigger: its lifespan starts once, each reply is sent when it is complete.

azure.functions.AsgiFunctionApp starts the lifespan without a guard: concurrent first requests break the instance.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import azure.functions as func
from starlette.types import ASGIApp, Message

from shared.logs.trace import Invocation, current_invocation, trace_parent_of

log = logging.getLogger(__name__)

REQUEST_SECONDS = 220.0
"""Below the 230 s after which the front end of Azure cuts an HTTP request."""


class AsgiBridge:
    """Calls the application that `build` makes, from any number of requests of one event loop.

    build: runs in a thread, once the first request is there: to import what it needs may take a second.
    """

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build = build
        self._lifespan: _Lifespan | None = None

    async def handle(self, request: func.HttpRequest, context: func.Context | None = None) -> func.HttpResponse:
        """The application's reply; 400 for a request that no URL describes, 504 where it takes too long.

        context: of the invocation, for who logs or keeps records of it.
        What the application raises, the host answers with a 500 without detail and logs.
        """
        try:
            exchange = _Exchange(request)
        except ValueError:
            return func.HttpResponse(status_code=400)
        app = await self._started()
        token = current_invocation.set(None if context is None else _invocation_of(context))
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await exchange.run(app)
        except TimeoutError:
            log.warning("request was cut after %.0f s", REQUEST_SECONDS)
            return func.HttpResponse(status_code=504)
        finally:
            current_invocation.reset(token)

    async def _started(self) -> ASGIApp:
        loop = asyncio.get_running_loop()
        if self._lifespan is None or self._lifespan.over(loop):
            self._lifespan = _Lifespan(self._build, loop)
        return await self._lifespan.ready()


class _Lifespan:
    """One application and its lifespan. A failed start fails its waiters and is tried again by the next."""

    def __init__(self, build: Callable[[], ASGIApp], loop: asyncio.AbstractEventLoop) -> None:
        self._build = build
        self._loop = loop
        self._started: asyncio.Future[ASGIApp] = loop.create_future()
        self._task = loop.create_task(self._run(), name="asgi-lifespan")

    def over(self, loop: asyncio.AbstractEventLoop) -> bool:
        return loop is not self._loop or self._task.done()

    async def ready(self) -> ASGIApp:
        return await asyncio.shield(self._started)

    async def _run(self) -> None:
        try:
            self._app = await asyncio.to_thread(self._build)
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._receive, self._send)
        except Exception as error:
            if self._started.done():
                log.exception("the application's lifespan ended")
            else:
                self._started.set_exception(error)

    async def _receive(self) -> Message:
        if not self._started.done():
            return {"type": "lifespan.startup"}
        await asyncio.Event().wait()  # Functions announces no shutdown: the loop's end cancels this
        raise AssertionError("unreachable")

    async def _send(self, message: Message) -> None:
        if self._started.done():
            return
        if message["type"] == "lifespan.startup.complete":
            self._started.set_result(self._app)
        elif message["type"] == "lifespan.startup.failed":
            self._started.set_exception(RuntimeError(message.get("message") or "the application did not start"))


class _Exchange:
    """One request and its reply."""

    def __init__(self, request: func.HttpRequest) -> None:
        self._scope = _scope_of(request)
        self._body: bytes | None = request.get_body()
        self._complete = asyncio.Event()
        self._status = 500
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []

    async def run(self, app: ASGIApp) -> func.HttpResponse:
        await app(self._scope, self._receive, self._send)
        self._headers.pop("content-length", None)  # the host counts for itself
        # With the application's own content-type: to a mimetype of text a charset would be added, though it has one.
        return func.HttpResponse(b"".join(self._chunks), status_code=self._status, headers=self._headers)

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._complete.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            self._chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                self._complete.set()


def _invocation_of(context: func.Context) -> Invocation:
    return Invocation(context.invocation_id, trace_parent_of(context.trace_context.trace_parent))


def _scope_of(request: func.HttpRequest) -> dict[str, Any]:
    """The ASGI scope; raises ValueError for a host or header that cannot be one."""
    url = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    scheme = headers.get("x-forwarded-proto", url.scheme)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "root_path": "",
        "server": (url.hostname, url.port or (443 if scheme == "https" else 80)),
        "client": None,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "state": {},
    }
