"""A deployed endpoint as strangers and a caller see it. Changes nothing, and can be run at any time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from infra.hooks.deployment import HookRefused

READY_SECONDS = 300
"""A new app has to be unpacked, started, given keys, and then proves isolation."""
PAUSE_SECONDS = 2.0
REQUEST_SECONDS = 30
PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
TOOLS = {"execute_sales_query", "get_multiple_table_schemas", "semantic_search_products", "get_current_utc_date"}


class Observation(NamedTuple):
    """One thing looked at. problem: empty where it is as it should be."""

    what: str
    problem: str = ""


class Unlike(Exception):
    """Something is not as it should be; the message says what."""


def smoke_test(
    url: str, *, tenant_id: str = "", audience: str = "", token: str = "", ready_seconds: float = READY_SECONDS
) -> list[Observation]:
    """All that was looked at. url: of the endpoint. tenant_id, audience: where known, what metadata have to say.

    token: a caller's; without one nothing is asked as a caller.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise HookRefused("MCP_URL is no address of the web")
    return asyncio.run(_look(_Endpoint(url, tenant_id, audience, token, ready_seconds)))


class _Endpoint(NamedTuple):
    url: str
    tenant_id: str
    audience: str
    token: str
    ready_seconds: float

    @property
    def base(self) -> str:
        return self.url.removesuffix(urlsplit(self.url).path)


async def _look(endpoint: _Endpoint) -> list[Observation]:
    looks: list[tuple[str, Callable[[httpx2.AsyncClient, _Endpoint], Awaitable[None]]]] = [
        ("calls can be answered, and isolation is proven", _is_ready),
        ("who brings no token is refused, and told where to get one", _refuses_strangers),
        ("a token that nobody issued is refused", _refuses_forgeries),
        ("metadata name this endpoint and its tenant", _tells_of_itself),
        ("health is for administrators", _keeps_its_health),
    ]
    if endpoint.token:
        looks.append(("a caller lists the tools and asks what it may see", _serves))
    observations = []
    async with httpx2.AsyncClient(timeout=REQUEST_SECONDS) as http:
        for what, look in looks:
            observations.append(Observation(what, await _problem(look(http, endpoint))))
    return observations


async def _problem(look: Awaitable[None]) -> str:
    try:
        await look
    except Unlike as unlike:
        return str(unlike)
    except httpx2.HTTPError as error:
        return f"cannot be reached: {type(error).__name__}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"an answer of another shape: {type(error).__name__}"
    return ""


async def _is_ready(http: httpx2.AsyncClient, endpoint: _Endpoint) -> None:
    deadline = time.monotonic() + endpoint.ready_seconds
    while True:
        problem = await _problem(_asked_whether_ready(http, endpoint))
        if not problem:
            return
        if time.monotonic() > deadline:
            raise Unlike(problem)
        await asyncio.sleep(PAUSE_SECONDS)


async def _asked_whether_ready(http: httpx2.AsyncClient, endpoint: _Endpoint) -> None:
    response = await http.get(f"{endpoint.base}/health/ready")
    if response.status_code != 200:
        raise Unlike(f"/health/ready answers {response.status_code} {_components(response)}")
    if response.json()["components"]["isolation"] != "proven":
        raise Unlike("isolation is not proven")


def _components(response: httpx2.Response) -> str:
    try:
        return json.dumps(response.json()["components"])
    except (ValueError, KeyError, TypeError):
        return ""


async def _refuses_strangers(http: httpx2.AsyncClient, endpoint: _Endpoint) -> None:
    response = await http.post(endpoint.url, json=PING)
    if response.status_code != 401:
        raise Unlike(f"without a token it answers {response.status_code}")
    if "resource_metadata=" not in response.headers.get("www-authenticate", ""):
        raise Unlike("the challenge names no metadata, so clients cannot sign in")


async def _refuses_forgeries(http: httpx2.AsyncClient, endpoint: _Endpoint) -> None:
    # Of the right shape, of nobody: {"alg":"none"}, {"scp":"admin"}, and no signature.
    forged = "eyJhbGciOiJub25lIn0.eyJzY3AiOiJhZG1pbiJ9."
    response = await http.post(endpoint.url, json=PING, headers={"authorization": f"Bearer {forged}"})
    if response.status_code != 401:
        raise Unlike(f"to a forged token it answers {response.status_code}")


async def _tells_of_itself(http: httpx2.AsyncClient, endpoint: _Endpoint) -> None:
    response = await http.get(f"{endpoint.base}/.well-known/oauth-protected-resource{urlsplit(endpoint.url).path}")
    if response.status_code != 200:
        raise Unlike(f"the metadata answer {response.status_code}")
    document = response.json()
    if document["resource"] != endpoint.url:
        raise Unlike(f"the metadata name {document['resource']}")
    if endpoint.tenant_id and not any(endpoint.tenant_id in each for each in document["authorization_servers"]):
        raise Unlike("the metadata name another tenant")
    if endpoint.audience and not all(each.startswith(f"{endpoint.audience}/") for each in document["scopes_supported"]):
        raise Unlike("the metadata name scopes of another application")


async def _keeps_its_health(http: httpx2.AsyncClient, endpoint: _Endpoint) -> None:
    response = await http.get(f"{endpoint.base}/health")
    if response.status_code != 401:
        raise Unlike(f"without a token /health answers {response.status_code}")


async def _serves(_: httpx2.AsyncClient, endpoint: _Endpoint) -> None:
    try:
        async with _client(endpoint) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            access = await client.call_tool("describe_access", {})
    except (MCPError, ExceptionGroup) as error:
        raise Unlike(f"the caller is refused: {type(error).__name__}") from None
    if missing := TOOLS - names:
        raise Unlike(f"not offered: {', '.join(sorted(missing))}")
    if access.is_error:
        raise Unlike("describe_access failed")


@asynccontextmanager
async def _client(endpoint: _Endpoint) -> AsyncIterator[Client]:
    headers = {"authorization": f"Bearer {endpoint.token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=REQUEST_SECONDS) as http,
        Client(streamable_http_client(endpoint.url, http_client=http)) as client,
    ):
        yield client
