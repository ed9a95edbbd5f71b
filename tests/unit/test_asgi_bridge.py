"""The bridge between an HTTP trigger and an ASGI application."""

import asyncio
import json
import threading

import azure.functions as func
import pytest
from azure_functions_runtime.bindings.context import Context  # type: ignore[import-untyped]
from azure_functions_runtime.bindings.retrycontext import RetryContext  # type: ignore[import-untyped]
from azure_functions_runtime.bindings.tracecontext import TraceContext  # type: ignore[import-untyped]
from starlette.types import Receive, Scope, Send

from shared.asgi_bridge import AsgiBridge
from shared.logs.trace import Invocation, current_invocation

pytestmark = pytest.mark.anyio

HOSTS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CONTEXT = Context("mcp", ".", "an invocation", threading.local(), TraceContext(HOSTS, "", {}), RetryContext(0, 0, None))


class Application:
    """Echoes the request. Its lifespan takes a moment, and fails as often as it is told to."""

    starts = 0

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        request = await receive()
        body = json.dumps({"path": scope["path"], "scheme": scope["scheme"], "body": request["body"].decode()}).encode()
        headers = [(b"content-type", b"application/json"), (b"x-more", b"1")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body[:5], "more_body": True})
        await send({"type": "http.response.body", "body": body[5:]})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.sleep(0.02)
        self.starts += 1
        if self.starts <= self.failures:
            await send({"type": "lifespan.startup.failed", "message": "not today"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()


def request(url: str = "https://zava.example/mcp", **headers: str) -> func.HttpRequest:
    return func.HttpRequest("POST", url, headers=headers, body=b"hello")


async def test_a_request_and_its_reply_pass_whole() -> None:
    reply = await AsgiBridge(Application).handle(request("http://zava.example/a%20b", **{"x-forwarded-proto": "https"}))
    assert (reply.status_code, reply.headers["content-type"], reply.headers["x-more"]) == (201, "application/json", "1")
    assert json.loads(reply.get_body()) == {"path": "/a b", "scheme": "https", "body": "hello"}


async def test_the_application_knows_the_invocation_that_it_runs_in() -> None:
    seen: list[Invocation | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append(current_invocation.get())
        await Application()(scope, receive, send)

    await AsgiBridge(lambda: app).handle(request(), CONTEXT)
    await AsgiBridge(lambda: app).handle(request())
    assert seen == [Invocation("an invocation", HOSTS), None]
    assert current_invocation.get() is None


async def test_concurrent_first_requests_start_one_lifespan() -> None:
    app = Application()
    bridge = AsgiBridge(lambda: app)
    replies = await asyncio.gather(*(bridge.handle(request()) for _ in range(8)))
    assert ([reply.status_code for reply in replies], app.starts) == ([201] * 8, 1)


async def test_the_event_loop_goes_on_while_the_application_is_built() -> None:
    """Importing it takes a second, in which /health/live and timers are to be served."""
    built = threading.Event()

    def build() -> Application:
        assert built.wait(timeout=10)
        return Application()

    first = asyncio.create_task(AsgiBridge(build).handle(request()))
    await asyncio.sleep(0.01)
    looked = not first.done()
    built.set()
    assert (await first).status_code == 201
    assert looked


async def test_an_application_that_cannot_be_built_fails_its_requests_and_the_next_one_tries_again() -> None:
    tries = iter([None, Application()])

    def build() -> Application:
        if (app := next(tries)) is None:
            raise ValueError("no settings")
        return app

    bridge = AsgiBridge(build)
    failed = await asyncio.gather(*(bridge.handle(request()) for _ in range(3)), return_exceptions=True)
    assert [str(error) for error in failed] == ["no settings"] * 3
    assert (await bridge.handle(request())).status_code == 201


async def test_a_failed_start_fails_its_requests_and_the_next_one_tries_again() -> None:
    app = Application(failures=1)
    bridge = AsgiBridge(lambda: app)
    failed = await asyncio.gather(*(bridge.handle(request()) for _ in range(3)), return_exceptions=True)
    assert [str(error) for error in failed] == ["not today"] * 3
    assert (await bridge.handle(request())).status_code == 201
    assert app.starts == 2


def test_another_event_loop_gets_a_lifespan_of_its_own() -> None:
    app = Application()
    bridge = AsgiBridge(lambda: app)
    for _ in range(2):
        assert asyncio.run(bridge.handle(request())).status_code == 201
    assert app.starts == 2


@pytest.mark.parametrize("url", ["http://[/mcp", "http://a:99999/mcp", "http://a:b/mcp"])
async def test_a_url_that_is_none_is_a_bad_request(url: str) -> None:
    assert (await AsgiBridge(Application).handle(request(url))).status_code == 400
