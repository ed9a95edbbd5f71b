"""What the conformance suite cannot do: bring a token. A loopback proxy that adds one and changes nothing else."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.asgi_server import serving
from tests.stack import PLAIN

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding", "content-encoding"}


@contextmanager
def token_proxy(target: str, authorization: dict[str, str]) -> Iterator[str]:
    """The base URL of a proxy to the target."""

    async def forward(request: Request) -> Response:
        headers = [*_passed_on(request.headers.items()), *authorization.items()]
        async with httpx2.AsyncClient(base_url=target, timeout=60, verify=PLAIN) as client:
            reply = await client.request(
                request.method, request.url.path, headers=headers, content=await request.body()
            )
        return Response(reply.content, reply.status_code, dict(_passed_on(reply.headers.items())))

    methods = ["GET", "POST", "DELETE"]
    with serving(Starlette(routes=[Route("/{path:path}", forward, methods=methods)])) as url:
        yield url


def _passed_on(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without the space around values, which is none of them, and which the client here would not send."""
    return [(name, value.strip(" \t")) for name, value in headers if name.lower() not in HOP_BY_HOP]
