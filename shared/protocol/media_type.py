"""JSON or nothing: a body of another media type is answered with 415, where the SDK would say 400."""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


class JsonOnly:
    """ASGI middleware for an endpoint that reads JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 415."""
        media_type = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "application/json":
            return await self._app(scope, receive, send)
        return await Response(status_code=415, headers={"accept": "application/json"})(scope, receive, send)
