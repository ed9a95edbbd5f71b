"""Tools through the SDK's in-memory client: the protocol without any transport."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from mcp import Client

from shared.identity import current_caller
from shared.invocation import Invocations
from shared.mcp_server import build_server
from tests.conftest import caller_of, nobody_embeds

type ClientOf = Callable[[str], AbstractAsyncContextManager[Client]]


@pytest.fixture
def client_of(invocations: Invocations) -> ClientOf:
    @asynccontextmanager
    async def connect(name: str) -> AsyncIterator[Client]:
        token = current_caller.set(caller_of(name))
        try:
            async with Client(build_server(invocations, nobody_embeds())) as client:
                yield client
        finally:
            current_caller.reset(token)

    return connect
