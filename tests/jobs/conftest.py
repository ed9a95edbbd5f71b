"""A database whose products wait to be embedded, and a service that embeds them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.database.pool import open_jobs_pool
from shared.embeddings.embedder import Embedder
from shared.embeddings.store import EmbeddingStore, Progress
from shared.jobs.refresh_embeddings import Effort, refresh_embeddings
from tests.conftest import Database, settings_for
from tests.embedder.embedders import embedder_of
from tests.embedder.openai_service import KEY, MODELS, OpenAIService, vector_of

TO_THE_END = Effort(seconds=60, patience=10)
BRIEF = Effort(seconds=60, patience=0.5)

type Refresh = Callable[..., Awaitable[Progress]]


@asynccontextmanager
async def store_and_embedder(
    jobs_url: str, base_url: str, model: str, lease: timedelta
) -> AsyncIterator[tuple[EmbeddingStore, Embedder]]:
    """What one instance refreshes with."""
    async with (
        open_jobs_pool(replace(settings_for(""), jobs_database_url=jobs_url)) as pool,
        embedder_of(base_url, model, KEY) as embedder,
    ):
        yield EmbeddingStore(pool, model, lease), embedder


@pytest.fixture
def database(database: Database) -> Database:
    """Without the index of vectors, which nobody searches here and which takes most of the time."""
    with database.as_superuser() as superuser:
        superuser.execute("DROP INDEX retail.product_description_embeddings_by_distance")
    return database


@pytest.fixture
def service(openai_service: OpenAIService) -> OpenAIService:
    """The one that embeds."""
    return openai_service


@pytest.fixture
def refresh(database: Database, service: OpenAIService) -> Refresh:
    """One run to its end, by an instance of its own."""

    async def run(
        model: str = MODELS[0],
        *,
        effort: Effort = TO_THE_END,
        lease: timedelta = timedelta(minutes=2),
        batch: int = 100,
    ) -> Progress:
        async with store_and_embedder(database.jobs_url, service.base_url, model, lease) as (store, embedder):
            return await refresh_embeddings(store, embedder, effort, batch=batch)

    return run


def texts_of(database: Database) -> dict[int, str]:
    """What is to be embedded, by product."""
    with database.as_superuser() as superuser:
        return dict(superuser.execute("SELECT product_id, text FROM ops.embedding_texts").fetchall())


def assert_all_embedded(database: Database, model: str = MODELS[0]) -> None:
    """Every product has one vector of the model, that of its text, and nothing waits."""
    with database.as_superuser() as superuser:
        rows = superuser.execute(
            "SELECT product_id, description_embedding::text FROM retail.product_description_embeddings"
            " WHERE model = %s",
            (model,),
        ).fetchall()
        assert superuser.execute("SELECT count(*) FROM ops.embedding_queue").fetchone() == (0,)
    texts = texts_of(database)
    assert sorted(product_id for product_id, _ in rows) == sorted(texts)
    for product_id, vector in rows:
        pairs = zip(map(float, vector[1:-1].split(",")), vector_of(texts[product_id], model), strict=True)
        assert max(abs(kept - made) for kept, made in pairs) < 1e-6  # pytest.approx takes seconds for so many


def asked_texts(service: OpenAIService) -> list[str]:
    """All that the service was asked to embed, in order."""
    return [text for asked in service.requests for text in asked.texts]
