"""A tool that does nothing, by the bare SDK behind the same bridge: what any MCP server on this host costs."""

import azure.functions as func
from mcp.server.mcpserver import MCPServer
from starlette.types import ASGIApp

from shared.asgi_bridge import AsgiBridge

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def _build() -> ASGIApp:
    server: MCPServer[None] = MCPServer("trivial", log_level="WARNING")

    @server.tool()
    def add(a: int, b: int) -> int:
        """The sum."""
        return a + b

    return server.streamable_http_app(stateless_http=True)


bridge = AsgiBridge(_build)


@app.function_name("mcp")
@app.route(route="mcp", methods=["POST"])
async def mcp(req: func.HttpRequest) -> func.HttpResponse:
    return await bridge.handle(req)


@app.function_name("health_ready")
@app.route(route="health/ready", methods=["GET"])
async def health_ready(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ready")
