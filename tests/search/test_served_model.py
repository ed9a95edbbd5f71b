"""Searches use one model, from the moment on when all its embeddings are there, and never two."""

import math

import pytest

from shared.embeddings.of_queries import QueryEmbeddings
from shared.mcp_server import build_server
from shared.product_search import NOT_YET
from tests.conftest import Database, open_invocations
from tests.embedder.embedders import embedder_of
from tests.embedder.openai_service import KEY, MODELS, OpenAIService, vector_of
from tests.search.searching import (
    DRIPPING_TAP,
    TOOL,
    Product,
    connected,
    copy_embeddings,
    embed_products,
    found_by,
    ids,
    products_in,
    store_of,
)
from tests.tools.calls import data_of

pytestmark = pytest.mark.anyio

OLD, NEW = MODELS[:2]
EMBEDDINGS = "retail.product_description_embeddings"


def texts_of(database: Database) -> dict[int, str]:
    with database.as_superuser() as superuser:
        return dict(superuser.execute("SELECT product_id, text FROM ops.embedding_texts").fetchall())


def assert_found_by(model: str, products: list[Product], texts: dict[int, str]) -> None:
    """Each product's similarity is the cosine of the model's vectors."""
    asked = vector_of(DRIPPING_TAP, model)
    for product in products:
        cosine = math.sumprod(asked, vector_of(texts[product["product_id"]], model))
        assert product["similarity_percent"] == pytest.approx(100 * cosine, abs=0.0501)


async def embed_half(database: Database, service: OpenAIService, model: str) -> None:
    """As far as a run of the refresh job may come."""
    async with embedder_of(service.base_url, model, KEY) as embedder, store_of(database, model) as store:
        await store.queue_missing()
        claims = await store.claim(212)
        await store.store(claims, await embedder.embed([claim.text for claim in claims]))
        await store.serve()


@pytest.fixture
def database(database: Database, foretold: Database) -> Database:
    """A copy of one's own, which serves the old model."""
    copy_embeddings(foretold, database)
    return database


async def test_a_model_that_is_half_embedded_is_not_searched(database: Database, openai_service: OpenAIService) -> None:
    texts = texts_of(database)
    await embed_half(database, openai_service, NEW)
    with database.as_superuser() as superuser:
        assert superuser.execute(f"SELECT count(*) FROM {EMBEDDINGS}").fetchone() == (424 + 212,)
    openai_service.requests.clear()
    async with (
        embedder_of(openai_service.base_url, NEW, KEY) as embedder,
        open_invocations(database.app_url) as door,
        connected(build_server(door, QueryEmbeddings(embedder)), "kirkland") as client,
    ):
        for mode in ("semantic", "hybrid"):
            found = await found_by(client, DRIPPING_TAP, mode=mode, similarity_threshold=0, max_rows=100)
            assert len({*ids(found)}) == len(found) == 100
            assert_found_by(OLD, found, texts)
        told = await data_of(
            client,
            "execute_sales_query",
            postgresql_query=f"SELECT model, count(*), count(DISTINCT product_id) FROM {EMBEDDINGS} GROUP BY model",
        )
        assert told["rows"] == [[OLD, 424, 424]]
        whole = await data_of(client, "execute_sales_query", postgresql_query=f"SELECT * FROM {EMBEDDINGS} LIMIT 20")
        assert whole["row_count"] == 20
    assert [asked.body["model"] for asked in openai_service.requests] == [OLD]


async def test_a_change_of_the_model_is_noticed_by_the_call_that_meets_it(
    database: Database, openai_service: OpenAIService
) -> None:
    texts = texts_of(database)
    async with (
        embedder_of(openai_service.base_url, NEW, KEY) as embedder,
        open_invocations(database.app_url) as door,
        connected(build_server(door, QueryEmbeddings(embedder)), "kirkland") as client,
    ):
        assert_found_by(OLD, await found_by(client, DRIPPING_TAP, mode="semantic", similarity_threshold=0), texts)
        await embed_products(database, openai_service.base_url, NEW, KEY)
        # The old ones are kept for a day, and this instance may go on with them for a minute …
        found = await found_by(client, DRIPPING_TAP, mode="semantic", similarity_threshold=0)
        assert len(found) == 20
        assert_found_by(OLD, found, texts)
        with database.as_superuser() as superuser:
            superuser.execute(f"DELETE FROM {EMBEDDINGS} WHERE model = %s", (OLD,))
        # … but not into the void.
        found = await found_by(client, DRIPPING_TAP, mode="semantic", similarity_threshold=0)
        assert len(found) == 20
        assert_found_by(NEW, found, texts)
        told = await data_of(
            client, "execute_sales_query", postgresql_query=f"SELECT model, count(*) FROM {EMBEDDINGS} GROUP BY model"
        )
        assert told["rows"] == [[NEW, 424]]


async def test_before_any_model_is_served_words_answer_and_say_why(
    sample: Database, openai_service: OpenAIService
) -> None:
    async with (
        embedder_of(openai_service.base_url, OLD, KEY) as embedder,
        open_invocations(sample.app_url) as door,
        connected(build_server(door, QueryEmbeddings(embedder)), "kirkland") as client,
    ):
        worded = await found_by(client, DRIPPING_TAP, mode="keyword")
        for mode in ("hybrid", "semantic"):
            data = await data_of(client, TOOL, query_description=DRIPPING_TAP, mode=mode)
            assert (data["mode"], data["fallback"]) == ("keyword", NOT_YET)
            assert products_in(data) == worded
    assert worded[0]["product_id"] == 327
    assert openai_service.requests == []
