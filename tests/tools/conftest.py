"""Tools through the SDK's in-memory client: the protocol without any transport."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from mcp import Client

from shared.identity.caller import Caller, current_caller
from shared.invocation import Invocations
from shared.mcp_server import build_server
from tests.conftest import Database, caller_of, nobody_embeds
from tests.tools.raw_sales import Sold, sold_in

URL = "https://zava.example/mcp"

type ClientOf = Callable[[str], AbstractAsyncContextManager[Client]]


@asynccontextmanager
async def client_over(door: Invocations, caller: Caller) -> AsyncIterator[Client]:
    """A client of a server of its own over this door."""
    token = current_caller.set(caller)
    try:
        async with Client(build_server(door, nobody_embeds(), url=URL)) as client:
            yield client
    finally:
        current_caller.reset(token)


@pytest.fixture
def client_of(invocations: Invocations) -> ClientOf:
    return lambda name: client_over(invocations, caller_of(name))


@pytest.fixture(scope="session")
def sold(sample: Database) -> Sold:
    """The sample's sales of its last two years and a month."""
    return sold_in(sample, "2024-12-01")
