"""The MCP server: tools in, an ASGI application out that serves both protocol eras without a session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from mcp import MCPError
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import RequestBodyLimitMiddleware, TransportSecuritySettings
from mcp.types import INVALID_PARAMS, CallToolResult, InputRequiredResult, Tool
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.authentication import Authentication
from shared.authorization import Authorization
from shared.errors import InsufficientScope, ToolFault, ValidationFault
from shared.health import readiness
from shared.identity import current_caller
from shared.invocation import Invocations
from shared.protected_resource import ProtectedResource
from shared.scopes import permits, require_scope
from shared.services import Services
from shared.settings import LOOPBACK_HOSTS, Settings
from shared.tools.access import access_tools
from shared.tools.clock import clock_tools
from shared.tools.definition import failure
from shared.tools.isolation import isolation_tools
from shared.tools.plans import plan_tools
from shared.tools.sales import sales_tools
from shared.tools.schemas import schema_tools
from shared.version import VERSION

MAX_BODY_BYTES = 1024 * 1024

INSTRUCTIONS = """\
Zava Retail: sales, stock and customers of a do-it-yourself chain in Washington State, on PostgreSQL.
You see only the rows of the stores that your account has a grant for; call describe_access to learn which.
To answer a question: get_multiple_table_schemas for the tables you need, then execute_sales_query with one SELECT
that aggregates in SQL. Use get_current_utc_date before you resolve 'today' or 'last month'. Amounts are US dollars.\
"""


def build_app(settings: Settings) -> Starlette:
    """The application of one process. Its lifespan opens and closes what the calls share."""
    services = Services(settings)
    server = build_server(services.invocations)
    mcp_app = server.streamable_http_app(
        streamable_http_path="/mcp",
        stateless_http=True,
        json_response=False,  # True would drop progress notifications
        transport_security=_transport_security(settings),
    )
    resource = ProtectedResource(settings)
    permitted = RequestBodyLimitMiddleware(Authorization(mcp_app, server.tool_named), MAX_BODY_BYTES)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with services, mcp_app.router.lifespan_context(mcp_app):
            yield

    async def protected_resource(_: Request) -> JSONResponse:
        return JSONResponse(resource.metadata(), headers={"cache-control": "max-age=3600"})

    async def ready(_: Request) -> JSONResponse:
        state = await readiness(services.pool, services.isolation)
        return JSONResponse(state.report(), 200 if state.ready else 503, headers={"cache-control": "no-store"})

    return Starlette(
        routes=[
            Route("/.well-known/oauth-protected-resource", protected_resource, methods=["GET"]),
            Route("/.well-known/oauth-protected-resource/mcp", protected_resource, methods=["GET"]),
            Route("/health/ready", ready, methods=["GET"]),
            Route("/mcp", Authentication(permitted, services, resource)),
        ],
        lifespan=lifespan,
    )


def build_server(invocations: Invocations) -> "ZavaServer":
    """The server with all tools, before any transport."""
    return ZavaServer(
        "zava-retail",
        title="Zava Retail",
        version=VERSION,
        instructions=INSTRUCTIONS,
        tools=[
            *sales_tools(invocations),
            *plan_tools(invocations),
            *schema_tools(invocations),
            *access_tools(invocations),
            *clock_tools(),
            *isolation_tools(invocations),
        ],
        subscriptions=False,  # a listen stream never ends, and Functions sends a reply when it has ended
        log_level="WARNING",
    )


class ZavaServer(MCPServer[Any]):
    """The SDK's server with the answers to wrong calls that the specification and the tools promise."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Unknown tools are protocol errors; faults and wrong arguments are results that the model can act on."""
        if (tool := await self.tool_named(name)) is None:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {name}")
        try:
            require_scope(current_caller.get().scopes, tool)
            return await super().call_tool(name, arguments, context)
        except InsufficientScope as refusal:
            return failure(refusal)
        except ToolError as error:
            match error.__cause__:
                case ToolFault() as fault:
                    return failure(fault)
                case ValidationError() as invalid:
                    return failure(_argument_fault(invalid))
            raise

    async def list_tools(self) -> list[Tool]:
        """The tools that the caller's token permits."""
        return [tool for tool in await super().list_tools() if permits(current_caller.get().scopes, tool)]

    async def tool_named(self, name: str) -> Tool | None:
        """Any tool of the server, whoever asks."""
        return next((tool for tool in await super().list_tools() if tool.name == name), None)


def _argument_fault(invalid: ValidationError) -> ValidationFault:
    """Which arguments were wrong and how; never their values, which may be long or private."""
    problems = [
        f"{'.'.join(str(part) for part in error['loc']) or 'arguments'}: {error['msg']}"
        for error in invalid.errors(include_url=False, include_input=False, include_context=False)
    ]
    return ValidationFault(f"{'; '.join(problems)}.", "Compare with the tool's input schema and call again.")


def _transport_security(settings: Settings) -> TransportSecuritySettings:
    """Only the server's own name, so that a page in a browser cannot reach it under another one."""
    url = urlsplit(settings.mcp_server_url)
    hosts, origins = [url.netloc], [f"{url.scheme}://{url.netloc}"]
    if url.hostname in LOOPBACK_HOSTS:
        hosts += ["127.0.0.1:*", "localhost:*", "[::1]:*"]
        origins += ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)
