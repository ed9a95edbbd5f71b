"""A database whose products are embedded by the laptop's model, and clients of servers that search it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
from mcp import Client

from local.asgi_server import serving
from local.embedding_model import MODEL
from local.embedding_service import create_app
from local.minilm import MiniLM
from shared.embeddings.embedder import Embedder
from shared.embeddings.of_queries import QueryEmbeddings
from shared.mcp_server import build_server
from shared.protocol.mistakes import ZavaServer
from tests.conftest import Database, MakeDatabase, open_invocations
from tests.embedder.embedders import embedder_of
from tests.embedder.kept import kept_embeddings
from tests.embedder.openai_service import KEY as OPENAI_KEY
from tests.embedder.openai_service import MODELS, OpenAIService
from tests.search.exact import Catalogue
from tests.search.searching import connected, copy_embeddings, embed_products, put_embeddings

KEY = "c2VjcmV0LWtleS1mb3ItdGVzdHM="

type ClientOf = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture(scope="session")
def minilm() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="session")
def laptop_service(minilm: MiniLM) -> Iterator[str]:
    """The base URL of the service that a laptop has, with the real model."""
    with serving(create_app(minilm, lambda: [KEY])) as url:
        yield f"{url}/v1"


@pytest.fixture(scope="session")
def embedded(make_database: MakeDatabase, laptop_service: str) -> Database:
    """The sample with every product embedded. All tests share it who only read.

    In the whole suite the stack's start has embedded the same products by the same model, in ten seconds of a core.
    """
    database = make_database()
    kept = kept_embeddings()
    if kept is not None and kept.exists():
        put_embeddings(database, [kept.read_bytes()])
    else:
        asyncio.run(embed_products(database, laptop_service, MODEL, KEY))
    return database


@pytest.fixture
def own_embedded(database: Database, embedded: Database) -> Database:
    """The same, to be changed."""
    copy_embeddings(embedded, database)
    return database


@pytest.fixture(scope="session")
def catalogue(embedded: Database, minilm: MiniLM) -> Catalogue:
    return Catalogue(embedded, minilm)


@pytest.fixture(scope="module")
async def embedder(laptop_service: str) -> AsyncIterator[Embedder]:
    async with embedder_of(laptop_service, MODEL, KEY) as embedder:
        yield embedder


@pytest.fixture(scope="module")
async def queries(embedder: Embedder) -> AsyncIterator[QueryEmbeddings]:
    queries = QueryEmbeddings(embedder, seconds=10)  # a machine that has much to do is no outage
    yield queries
    await queries.close()


@pytest.fixture(scope="module")
async def search_server(embedded: Database, queries: QueryEmbeddings) -> AsyncIterator[ZavaServer]:
    """With one connection, so that what one call leaves the next one meets."""
    async with open_invocations(embedded.app_url) as door:
        yield build_server(door, queries)


@pytest.fixture
def client_of(search_server: ZavaServer) -> ClientOf:
    return partial(connected, search_server)


@pytest.fixture(scope="session")
def foretold(make_database: MakeDatabase, one_openai_service: OpenAIService) -> Database:
    """The sample embedded by the service whose vectors can be foretold, for who only reads."""
    one_openai_service.reset()
    database = make_database()
    asyncio.run(embed_products(database, one_openai_service.base_url, MODELS[0], OPENAI_KEY))
    return database
