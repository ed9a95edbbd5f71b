"""Search by meaning where there are too many products to compare with each: by the index, with and without filters."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mcp import Client

from local.minilm import MiniLM
from shared.database.schema import SQL_FOLDER
from shared.embeddings.of_queries import QueryEmbeddings
from shared.mcp_server import build_server
from tests.conftest import Database, MakeDatabase, open_invocations
from tests.processes import eventually
from tests.search.searching import DRIPPING_TAP, INDEX, connected, copy_embeddings, found_by, ids, indexed_afterwards

pytestmark = pytest.mark.anyio

GENERATED = Path(__file__).with_name("generated_products.sql")
COMPARED = 1_250
"""So many are compared one by one here. In sql/functions/products_by_meaning.sql it is 20,000, and to index more takes
minutes; `dev.py bench search` does."""
QUESTIONS = (
    *(DRIPPING_TAP, "hang a heavy picture on drywall", "keep slugs off lettuce", "a gift for a carpenter", "paint"),
    *("light for the porch", "cut tiles", "cold feet in the workshop", "stop a door squeaking", "🔨"),
)
SHARES = {1000: 2_000, 750: 1_500, 500: 1_000, 100: 200, 10: 20, 1: 2}
"""Products that cost so many dollars at most."""
ROWS = 20


@pytest.fixture(scope="module")
def many(make_database: MakeDatabase, embedded: Database) -> Database:
    database = make_database()
    copy_embeddings(embedded, database)
    function = (SQL_FOLDER / "functions" / "products_by_meaning.sql").read_text()
    assert "few CONSTANT integer := 20000;" in function
    with indexed_afterwards(database), database.as_superuser() as superuser:
        superuser.execute(function.replace(":= 20000;", f":= {COMPARED};").encode())
        superuser.execute("UPDATE retail.products SET base_price = 100000")
        superuser.execute(GENERATED.read_bytes())
    with database.as_superuser() as superuser:
        superuser.execute("VACUUM ANALYZE retail.products, retail.product_description_embeddings")
    return database


@asynccontextmanager
async def connected_to(database: Database, queries: QueryEmbeddings) -> AsyncIterator[Client]:
    """On a pool of its own: only when that is closed, PostgreSQL tells for sure which index was used."""
    async with (
        open_invocations(database.app_url) as door,
        connected(build_server(door, queries), "head-office") as client,
    ):
        yield client


def exactly(database: Database, vector: str, most_dollars: int) -> list[int]:
    """The nearest, by comparing with every one."""
    with database.as_superuser() as superuser:
        return [
            number
            for (number,) in superuser.execute(
                "SELECT product_id FROM retail.product_description_embeddings JOIN retail.products USING (product_id)"
                " WHERE base_price <= %s"
                " ORDER BY (description_embedding OPERATOR(extensions.<=>) %s::text::extensions.vector) + 0 LIMIT %s",
                (most_dollars, vector, ROWS),
            ).fetchall()
        ]


def index_scans(database: Database) -> int:
    with database.as_superuser() as superuser:
        [(scans,)] = superuser.execute("SELECT pg_stat_get_numscans(%s::regclass)", (INDEX,)).fetchall()
    return int(scans)


@pytest.mark.parametrize(("most_dollars", "eligible"), SHARES.items())
async def test_a_filter_leaves_as_many_rows_as_there_are_and_the_nearest_of_them(
    many: Database, minilm: MiniLM, queries: QueryEmbeddings, most_dollars: int, eligible: int
) -> None:
    right, scans = 0, index_scans(many)
    async with connected_to(many, queries) as client:
        for question in QUESTIONS:
            found = await found_by(
                client, question, mode="semantic", similarity_threshold=0, max_price=most_dollars, max_rows=ROWS
            )
            expected = exactly(many, str(minilm.embed(question, 1536).vector.tolist()), most_dollars)
            assert len({*ids(found)}) == len(found) == len(expected) == min(eligible, ROWS)
            right += len({*ids(found)} & {*expected})
    assert right >= (0.98 if eligible > COMPARED else 1) * len(QUESTIONS) * min(eligible, ROWS)
    if eligible > COMPARED:
        eventually(lambda: index_scans(many) >= scans + len(QUESTIONS), "the index's scans")


async def test_without_a_filter_the_index_finds_the_nearest(
    many: Database, minilm: MiniLM, queries: QueryEmbeddings
) -> None:
    right, scans = 0, index_scans(many)
    async with connected_to(many, queries) as client:
        for question in QUESTIONS:
            found = await found_by(client, question, mode="semantic", similarity_threshold=0, max_rows=ROWS)
            assert len(found) == ROWS
            expected = exactly(many, str(minilm.embed(question, 1536).vector.tolist()), 100_000)
            right += len({*ids(found)} & {*expected})
    assert right >= 0.98 * len(QUESTIONS) * ROWS
    eventually(lambda: index_scans(many) >= scans + len(QUESTIONS), "the index's scans")
