"""Databases to search in, servers that search, and short forms for what they answer."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

from mcp import Client
from psycopg import sql

from shared.database.pool import open_jobs_pool
from shared.embeddings.store import EmbeddingStore
from shared.identity.caller import current_caller
from shared.jobs.refresh_embeddings import Effort, refresh_embeddings
from shared.protocol.mistakes import ZavaServer
from tests.conftest import Database, caller_of, settings_for
from tests.embedder.embedders import embedder_of
from tests.embedder.kept import EMBEDDINGS, embeddings_in
from tests.tools.calls import data_of

TOOL = "semantic_search_products"
INDEX = "retail.product_description_embeddings_by_distance"
DRIPPING_TAP = "something to stop water dripping from a tap"

type Product = dict[str, Any]


@asynccontextmanager
async def store_of(database: Database, model: str) -> AsyncIterator[EmbeddingStore]:
    """What the refresh job writes with."""
    async with open_jobs_pool(settings_for(database.app_url)) as pool:
        yield EmbeddingStore(pool, model)


@contextmanager
def indexed_afterwards(database: Database) -> Iterator[None]:
    """The index of vectors is made at once when all are there: row by row takes five times as long."""
    with database.as_superuser() as superuser:
        [(definition,)] = superuser.execute("SELECT pg_get_indexdef(%s::regclass)", (INDEX,)).fetchall()
        superuser.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(INDEX)))
        yield
        superuser.execute("SET maintenance_work_mem = '256MB'")
        superuser.execute(definition)


async def embed_products(database: Database, base_url: str, model: str, key: str) -> None:
    """A run of the refresh job that leaves nothing to do, and the model served."""
    with indexed_afterwards(database):
        async with embedder_of(base_url, model, key) as embedder, store_of(database, model) as store:
            progress = await refresh_embeddings(store, embedder, Effort(seconds=60, patience=5))
    assert (progress.served, progress.waiting, progress.refused) == (model, 0, 0)


def copy_embeddings(source: Database, target: Database) -> None:
    """As if they had been made there."""
    with source.as_superuser() as reading:
        put_embeddings(target, embeddings_in(reading))


def put_embeddings(target: Database, embeddings: Iterable[bytes]) -> None:
    """embeddings: of every product, as embeddings_in gives them."""
    with indexed_afterwards(target), target.as_superuser() as writing:
        with writing.cursor().copy(f"COPY {EMBEDDINGS} FROM STDIN (FORMAT binary)") as back:
            for block in embeddings:
                back.write(block)
        writing.execute("DELETE FROM ops.embedding_queue")
        writing.execute("INSERT INTO ops.served_model (model) SELECT DISTINCT model FROM " + EMBEDDINGS.split(" ")[0])


@asynccontextmanager
async def connected(server: ZavaServer, name: str, store_scope: UUID | None = None) -> AsyncIterator[Client]:
    """A client as one of the local people, narrowed to a store or not. One at a time."""
    token = current_caller.set(caller_of(name, store_scope))
    try:
        async with Client(server) as client:
            yield client
    finally:
        current_caller.reset(token)


async def found_by(client: Client, text: str, **arguments: Any) -> list[Product]:
    """The products of a search that goes as it was asked to."""
    data = await data_of(client, TOOL, query_description=text, **arguments)
    assert (data["mode"], data["fallback"]) == (arguments.get("mode", "hybrid"), None)
    return products_in(data)


def products_in(data: dict[str, Any]) -> list[Product]:
    """The rows of a result, each by the names of its columns."""
    names = [column["name"] for column in data["columns"]]
    assert data["row_count"] == len(data["rows"])
    return [dict(zip(names, row, strict=True)) for row in data["rows"]]


def ids(products: list[Product]) -> list[int]:
    return [product["product_id"] for product in products]
