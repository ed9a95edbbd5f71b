"""While the embedding service fails, words answer: soon, without an error, and without asking it for ever."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from functools import partial

import pytest
from mcp import Client

from shared.embeddings.embedder import Embedder
from shared.embeddings.of_queries import FAILURES, OPEN_SECONDS, QueryEmbeddings
from shared.invocation import Invocations
from shared.mcp_server import build_server
from shared.product_search import NO_ANSWER, REFUSED
from tests.clock import FakeClock
from tests.conftest import Database, nobody_embeds, open_invocations
from tests.embedder.embedders import embedder_of
from tests.embedder.openai_service import (
    KEY,
    MODELS,
    Fault,
    OpenAIService,
    body,
    cut_off,
    every_vector,
    half,
    hanging,
    page,
    slow_body,
    status,
)
from tests.search.conftest import ClientOf
from tests.search.searching import DRIPPING_TAP, TOOL, Product, connected, found_by, products_in
from tests.tools.calls import data_of, text_of

pytestmark = pytest.mark.anyio

SECONDS = 2.0
"""The longest that a search may take beyond what words take it on this machine just now."""
BLOCKED_SECONDS = 0.05
"""The longest that a step may take while which nothing else goes on."""
DOWN = status(403)
"""A failure that no second attempt follows."""
FAULTS: dict[str, Fault] = {
    "429": status(429),
    "429, come back in a minute": status(429, retry_after="60"),
    "500": status(500),
    "401": status(401),
    "no answer": hanging,
    "half an answer": slow_body,
    "another length": every_vector([0.5] * 1024),
    "no direction": every_vector([0.0] * 1536),
    "a page": page,
    "garbage": body("\0{"),
    "half of the JSON": half,
    "cut off": cut_off,
}


@pytest.fixture(scope="module")
async def embedder(one_openai_service: OpenAIService) -> AsyncIterator[Embedder]:
    async with embedder_of(one_openai_service.base_url, MODELS[0], KEY) as embedder:
        yield embedder


@pytest.fixture
async def queries(
    embedder: Embedder, openai_service: OpenAIService, clock: FakeClock
) -> AsyncIterator[QueryEmbeddings]:
    queries = QueryEmbeddings(embedder, clock=clock)
    yield queries
    await queries.close()


@pytest.fixture(scope="module")
async def door(foretold: Database) -> AsyncIterator[Invocations]:
    async with open_invocations(foretold.app_url, pool_size=4) as door:
        yield door


@pytest.fixture
async def steps_are_timed() -> AsyncIterator[None]:
    """Asyncio itself then tells in the log which step of the event loop took too long."""
    loop = asyncio.get_running_loop()
    usual, loop.slow_callback_duration = loop.slow_callback_duration, BLOCKED_SECONDS
    loop.set_debug(True)
    gc.collect()
    gc.freeze()  # or it would look through what all tests before have left
    yield
    gc.unfreeze()
    loop.set_debug(False)
    loop.slow_callback_duration = usual


@pytest.fixture
def client_of(door: Invocations, queries: QueryEmbeddings) -> ClientOf:
    return partial(connected, build_server(door, queries))


async def without_meaning(client: Client, text: str, mode: str = "hybrid", why: str = NO_ANSWER) -> list[Product]:
    """The products of a search that must go by words and say so."""
    result = await client.call_tool(TOOL, {"query_description": text, "mode": mode})
    data = result.structured_content
    assert data is not None, text_of(result)
    assert (result.is_error, data["mode"], data["fallback"]) == (False, "keyword", why)
    assert text_of(result).startswith(f"{why}\n")
    return products_in(data)


@pytest.mark.parametrize("fault", FAULTS)
async def test_words_answer_for_a_service_that_does_not(
    client_of: ClientOf, openai_service: OpenAIService, fault: str
) -> None:
    async with client_of("kirkland") as client:
        began = time.monotonic()
        worded = await found_by(client, DRIPPING_TAP, mode="keyword")
        usual = time.monotonic() - began
        openai_service.fault = FAULTS[fault]
        began = time.monotonic()
        answers = await asyncio.gather(
            *(without_meaning(client, DRIPPING_TAP, mode) for mode in ("hybrid", "semantic"))
        )
        assert time.monotonic() - began < SECONDS + 4 * usual
    assert answers == [worded, worded]
    assert openai_service.requests


async def test_words_answer_where_nobody_listens(door: Invocations) -> None:
    async with connected(build_server(door, nobody_embeds()), "kirkland") as client:
        began = time.monotonic()
        await found_by(client, DRIPPING_TAP, mode="keyword")
        usual = time.monotonic() - began
        began = time.monotonic()
        assert (await without_meaning(client, DRIPPING_TAP))[0]["product_id"] == 327
        assert time.monotonic() - began < SECONDS + 4 * usual


async def test_words_answer_for_a_text_that_the_service_does_not_take(
    client_of: ClientOf, openai_service: OpenAIService
) -> None:
    openai_service.fault = status(400)
    async with client_of("kirkland") as client:
        for _ in range(2 * FAILURES):
            assert (await without_meaning(client, DRIPPING_TAP, why=REFUSED))[0]["product_id"] == 327


async def test_filters_hold_without_meaning_too(client_of: ClientOf, openai_service: OpenAIService) -> None:
    openai_service.fault = DOWN
    async with client_of("kirkland") as client:
        data = await data_of(
            client, TOOL, query_description=DRIPPING_TAP, category="plumbing", max_price=20, in_stock_only=True
        )
    products = products_in(data)
    assert (data["mode"], len(products) > 2) == ("keyword", True)
    assert {product["category_name"] for product in products} == {"Plumbing"}
    assert max(product["base_price"] for product in products) <= 20
    assert min(product["stock_level"] for product in products) > 0


async def test_a_service_that_fails_is_left_alone_and_tried_again_by_one(
    client_of: ClientOf, openai_service: OpenAIService, clock: FakeClock
) -> None:
    openai_service.fault = DOWN
    async with client_of("kirkland") as client:
        for number in range(FAILURES):
            await without_meaning(client, f"tap {number}")
        assert len(openai_service.requests) == FAILURES
        await asyncio.gather(*(without_meaning(client, f"pipe {number}") for number in range(20)))
        assert len(openai_service.requests) == FAILURES
        clock.now += OPEN_SECONDS
        await asyncio.gather(*(without_meaning(client, f"valve {number}") for number in range(10)))
        assert len(openai_service.requests) == FAILURES + 1
        openai_service.fault = None
        await without_meaning(client, DRIPPING_TAP)
        clock.now += OPEN_SECONDS
        assert await found_by(client, DRIPPING_TAP, mode="semantic", similarity_threshold=0)
        assert len(openai_service.requests) == FAILURES + 2


async def test_an_answer_is_kept_for_its_principal_alone(client_of: ClientOf, openai_service: OpenAIService) -> None:
    for name, requests in (("kirkland", 1), ("kirkland", 1), ("seattle", 2), ("seattle", 2), ("kirkland", 2)):
        async with client_of(name) as client:
            await found_by(client, DRIPPING_TAP, mode="semantic")
        assert len(openai_service.requests) == requests, name


async def test_words_alone_ask_nobody(client_of: ClientOf, openai_service: OpenAIService) -> None:
    async with client_of("kirkland") as client:
        await found_by(client, DRIPPING_TAP, mode="keyword")
    assert openai_service.requests == []


@pytest.mark.usefixtures("steps_are_timed")
@pytest.mark.parametrize("fault", ["none", "no answer", "500", "another length"])
async def test_a_search_never_holds_up_the_event_loop(
    door: Invocations,
    embedder: Embedder,
    openai_service: OpenAIService,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    """What holds it up does so each time, and this machine's other work only sometimes: one of five must be free."""
    for _ in range(5):
        queries = QueryEmbeddings(embedder)
        openai_service.reset()
        async with connected(build_server(door, queries), "kirkland") as client:
            await found_by(client, DRIPPING_TAP)
            openai_service.fault = FAULTS.get(fault)
            caplog.clear()
            await asyncio.gather(
                *(data_of(client, TOOL, query_description=f"{DRIPPING_TAP} {number}") for number in range(20))
            )
            slow = [record.getMessage() for record in caplog.records if record.name == "asyncio"]
        await queries.close()
        assert len(openai_service.requests) > 20
        if not slow:
            return
    pytest.fail("\n".join(slow))
