"""The product's application behind the product's bridge, with the conformance suite's own tools added."""

import os

import azure.functions as func

from shared.asgi_bridge import AsgiBridge
from shared.mcp_server import build_app
from shared.settings import Settings
from tests.conformance.fixtures import add_fixtures

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
bridge = AsgiBridge(lambda: build_app(Settings.from_environ(os.environ), add_fixtures, streams=True))


@app.function_name("mcp")
@app.route(route="mcp", methods=["POST"])
async def mcp(req: func.HttpRequest) -> func.HttpResponse:
    return await bridge.handle(req)


@app.function_name("mcp_without_stream")
@app.route(route="mcp", methods=["GET", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS"])
async def mcp_without_stream(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=405, headers={"Allow": "POST"})
