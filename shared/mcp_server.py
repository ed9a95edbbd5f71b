"""The MCP server: tools, prompts and resources in, an ASGI application out that serves both eras without a session."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.extension import Extension
from mcp.server.mcpserver import MCPServer, RequestStateSecurity
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.audit import open_audit
from shared.authentication import Authentication
from shared.caches.kept_answers import KeptAnswers
from shared.call_signature import CallSigner
from shared.chart_page import chart_app, share_chart
from shared.choices import Choices
from shared.embeddings.of_queries import QueryEmbeddings
from shared.health import Health
from shared.home_page import HomePage
from shared.icons import drawing, icons, served_at
from shared.identity.protected_resource import ProtectedResource
from shared.invocation import Invocations
from shared.loopback import on_this_machine
from shared.offering import Engine, offers_of
from shared.protocol.completions import Completions
from shared.protocol.endpoint import MAX_BODY_BYTES, Endpoint
from shared.protocol.fast_path import FastPath
from shared.protocol.mistakes import ZavaServer
from shared.protocol.pagination import paginate
from shared.protocol.request_state import RequestState
from shared.result_links import ResultLinks
from shared.result_pages import ResultPages
from shared.retail_offers import INSTRUCTIONS as INSTRUCTIONS  # loaded with this module, as most processes need it
from shared.services import Services
from shared.settings import Settings
from shared.status_page import StatusPage
from shared.tasks import open_tasks
from shared.telemetry.call_record import Sink
from shared.telemetry.of_calls import CallTelemetry
from shared.telemetry.recording import Recording, note_message
from shared.version import VERSION

LIST_HINT = CacheHint(ttl_ms=5 * 60 * 1000, scope="private")  # what is listed depends on who asks
CACHE_HINTS: dict[CacheableMethod, CacheHint] = {
    "server/discover": CacheHint(ttl_ms=5 * 60 * 1000, scope="public"),
    "tools/list": LIST_HINT,
    "prompts/list": LIST_HINT,
    "resources/list": LIST_HINT,
    "resources/templates/list": LIST_HINT,
    "resources/read": CacheHint(ttl_ms=0, scope="private"),
}


def build_app(
    settings: Settings,
    extend: Callable[[MCPServer[Any]], None] = lambda _: None,
    sinks: Sequence[Sink] = (),
    *,
    streams: bool = False,
    fast_path: bool = True,
) -> Starlette:
    """The application of one process. Its lifespan opens and closes what the calls share.

    extend: adds to the server before it is served; the conformance suite wants tools that nobody else does.
    sinks: get the record of each request, too.
    streams: whether tools tell of more than progress, as those of the conformance suite do.
    fast_path: without it the SDK answers everything, for who compares.
    """
    services = Services(settings)
    request_state = RequestState(services.vault)
    tasks = open_tasks(services)
    server = build_server(
        services.invocations,
        services.query_embeddings,
        tasks,
        answers=services.answers,
        url=settings.mcp_server_url,
        request_state=request_state.security(),
    )
    request_state.attend(server)
    answering = _transport(server, settings, json_response=not streams)
    streaming = _transport(server, settings, json_response=False)
    security = _transport_security(settings)
    fast = FastPath(server, answering.handle_request, security) if fast_path and not streams else None
    extend(server)
    endpoint = Endpoint(answering.handle_request, streaming.handle_request, server.described, fast)
    audit = open_audit(services, server.offered_name)
    resource = ProtectedResource(settings)
    people_call_it = f"{server.title} MCP"
    home = HomePage(settings.mcp_server_url, server, server.all_tools, services.probes)
    told = CallTelemetry(services.telemetry, server.described)
    health = Health(services, told)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with services, health.serving(), audit.serving(), tasks.serving(server), answering.run(), streaming.run():
            yield

    async def protected_resource(_: Request) -> JSONResponse:
        return JSONResponse(resource.metadata(people_call_it), headers={"cache-control": "max-age=3600"})

    async def ready(_: Request) -> JSONResponse:
        state = await services.probes.readiness()
        return JSONResponse(state.report(), 200 if state.ready else 503, headers={"cache-control": "no-store"})

    return Starlette(
        routes=[
            # First: the others are seldom asked for.
            Route("/mcp", Recording(Authentication(endpoint, services, resource), audit, (told, *sinks))),
            Route("/", home.answer, methods=["GET"]),
            Route("/status", StatusPage(settings.mcp_server_url, people_call_it).answer, methods=["GET"]),
            Route("/.well-known/oauth-protected-resource", protected_resource, methods=["GET"]),
            Route("/.well-known/oauth-protected-resource/mcp", protected_resource, methods=["GET"]),
            Route("/icons/{name}", drawing, methods=["GET"]),
            Route("/health/ready", ready, methods=["GET"]),
            Route("/health", Authentication(health, services, resource), methods=["GET"]),
        ],
        lifespan=lifespan,
    )


def build_server(
    invocations: Invocations,
    query_embeddings: QueryEmbeddings,
    *extensions: Extension,
    answers: KeptAnswers | None = None,
    url: str | None = None,
    request_state: RequestStateSecurity | None = None,
) -> ZavaServer:
    """The server with all that it offers, before any transport.

    answers: kept for what is dear and asked again; without them it keeps its own.
    url: of its endpoint; without it, it has no icons. request_state: without it a key of this process seals.
    """
    kept = answers or KeptAnswers(invocations)
    choices, signer, domain = Choices(kept), CallSigner(invocations.vault), invocations.domain
    offers = offers_of(
        domain,
        Engine(
            invocations=invocations,
            answers=kept,
            choices=choices,
            query_embeddings=query_embeddings,
            pages=ResultPages(signer),
            links=ResultLinks(signer),
        ),
    )
    server = ZavaServer(
        offers.name,
        title=offers.title,
        description=offers.description,
        version=VERSION,
        instructions=offers.instructions,
        website_url=urljoin(url, "/") if url else None,
        icons=served_at(url, icons("zava")) if url else None,
        tools=list(offers.tools),
        extensions=[chart_app(), *extensions],
        subscriptions=False,  # a listen stream never ends, and Functions sends a reply when it has ended
        cache_hints=CACHE_HINTS,
        request_state_security=request_state,
        middleware=[note_message, paginate, share_chart],
        log_level="WARNING",
    )
    server.offer(prompts=list(offers.prompts), resources=list(offers.resources))
    completions = Completions(server, choices, domain.table_names)
    server.completion()(completions.complete)  # type: ignore[no-untyped-call]  # the SDK does not say what it returns
    return server


def _transport(server: ZavaServer, settings: Settings, *, json_response: bool) -> StreamableHTTPSessionManager:
    """The SDK's, without a session. json_response: leaves out what is told before an answer."""
    server.streamable_http_app(
        stateless_http=True,
        json_response=json_response,
        transport_security=_transport_security(settings),
        max_request_body_size=MAX_BODY_BYTES,
    )
    return server.session_manager


def _transport_security(settings: Settings) -> TransportSecuritySettings:
    """Only the server's own name, so that a page in a browser cannot reach it under another one."""
    url = urlsplit(settings.mcp_server_url)
    hosts, origins = [url.netloc], [f"{url.scheme}://{url.netloc}"]
    if on_this_machine(settings.mcp_server_url):
        hosts += ["127.0.0.1:*", "localhost:*", "[::1]:*"]
        origins += ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)
