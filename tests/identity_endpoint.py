"""Azure's endpoint for tokens of a managed identity, by its protocol."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.asgi_server import serving

HEADER = "secret of the instance"


class IdentityEndpoint:
    """Where App Service and Functions get tokens of a managed identity. failing: answers with an error that tells."""

    def __init__(self, token: str) -> None:
        self.failing = False
        self.requests: list[dict[str, str | None]] = []
        self.app = Starlette(routes=[Route("/msi/token", self._answer)])
        self._token = token

    async def _answer(self, request: Request) -> JSONResponse:
        self.requests.append({**request.query_params, "header": request.headers.get("x-identity-header")})
        if self.failing:
            return JSONResponse({"statusCode": 400, "message": "hunter2"}, 400)
        token = {"access_token": self._token, "expires_on": "4102444800", "token_type": "Bearer"}
        return JSONResponse(token | {"resource": request.query_params["resource"]})


@contextmanager
def serving_identity(token: str, environment: pytest.MonkeyPatch) -> Iterator[IdentityEndpoint]:
    """The environment says where it is, as on Azure."""
    endpoint = IdentityEndpoint(token)
    with serving(endpoint.app) as url:
        environment.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
        environment.setenv("IDENTITY_HEADER", HEADER)
        yield endpoint
