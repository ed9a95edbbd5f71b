"""Tools through the SDK's in-memory client: the protocol without any transport."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from mcp import Client

from shared.identity.caller import Caller, current_caller
from shared.invocation import Invocations
from shared.mcp_server import build_server
from shared.protocol.mistakes import ZavaServer
from tests.conftest import Database, caller_of, nobody_embeds, open_invocations
from tests.tools.raw_sales import Sold, sold_in

URL = "https://zava.example/mcp"

type ClientOf = Callable[[str], AbstractAsyncContextManager[Client]]


@asynccontextmanager
async def client_over(door: Invocations, caller: Caller) -> AsyncIterator[Client]:
    """A client of a server of its own over this door."""
    async with connected(build_server(door, nobody_embeds(), url=URL), caller) as client:
        yield client


@asynccontextmanager
async def connected(server: ZavaServer, caller: Caller) -> AsyncIterator[Client]:
    token = current_caller.set(caller)
    try:
        async with Client(server) as client:
            yield client
    finally:
        current_caller.reset(token)


@asynccontextmanager
async def server_of(database: Database) -> AsyncIterator[ZavaServer]:
    """With one connection, so that what one call leaves the next one meets."""
    async with open_invocations(database.app_url) as door:
        yield build_server(door, nobody_embeds(), url=URL)


@pytest.fixture(scope="module")
async def shared_server(sample: Database) -> AsyncIterator[ZavaServer]:
    """Of all tests of a file, for making one takes longer than most of them."""
    async with server_of(sample) as server:
        yield server


@pytest.fixture
def client_of(shared_server: ZavaServer) -> ClientOf:
    return lambda name: connected(shared_server, caller_of(name))


@pytest.fixture(scope="session")
def sold(sample: Database) -> Sold:
    """The sample's sales of its last two years and a month."""
    return sold_in(sample, "2024-12-01")
