"""MCP through the real Functions host of a running stack."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.protocol.requests import Era
from tests.protocol.wire import Revision, Wire
from tests.stack import PLAIN, RunningStack

type Connect = Callable[..., AbstractAsyncContextManager[Client]]
type Speak = Callable[..., Wire]


@pytest.fixture
def connect(stack: RunningStack) -> Connect:
    """The official client, as one of the local people; "auto" is 2026-07-28, "legacy" 2025-11-25."""

    @asynccontextmanager
    async def connected(name: str, era: Era = "auto") -> AsyncIterator[Client]:
        async with (
            httpx2.AsyncClient(headers=stack.headers(name), timeout=30, verify=PLAIN) as http,
            Client(streamable_http_client(stack.url, http_client=http), mode=era) as client,
        ):
            yield client

    return connected


@pytest.fixture
def http(stack: RunningStack) -> Iterator[httpx2.Client]:
    """Plain HTTP to the same host, without a token."""
    with httpx2.Client(base_url=stack.base, timeout=30, verify=PLAIN) as client:
        yield client


@pytest.fixture
def speak(stack: RunningStack, http: httpx2.Client) -> Speak:
    """JSON-RPC by hand to the running stack, as one of the local people."""

    def wire(revision: Revision, name: str = "kirkland") -> Wire:
        return Wire(http, stack.headers(name), revision)

    return wire


@pytest.fixture
def speak_to_fixtures(stack: RunningStack, fixture_host: str) -> Iterator[Speak]:
    """The same to an instance that has the conformance suite's tools, prompts and resources, too."""
    with httpx2.Client(base_url=fixture_host, timeout=30, verify=PLAIN) as http:

        def wire(revision: Revision, name: str = "kirkland") -> Wire:
            return Wire(http, stack.headers(name), revision)

        yield wire
