"""Every legitimate query is accepted and answered from the caller's rows, exactly as the oracle answers it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from mcp import Client

from local.postgres import EmbeddedPostgres
from shared.identity.caller import current_caller
from shared.invocation import Invocations
from shared.mcp_server import build_server
from shared.protocol.mistakes import ZavaServer
from tests.conftest import Database, MakeDatabase, caller_of, nobody_embeds, open_invocations
from tests.isolation.corpus import legitimate_queries, normalised
from tests.isolation.oracle import FOLDER, Oracle, granted_stores, make_oracle_database, open_oracle
from tests.tools.calls import data_of

pytestmark = pytest.mark.anyio

QUERIES = legitimate_queries()
NAMES = list(QUERIES)
ASKED = {
    "kirkland": NAMES,
    "west-region": NAMES,
    "nobody": NAMES[2::3],
    "seattle": NAMES[0::3],
    "head-office": NAMES[1::3],
}
"""The queries of each caller: many stores take long, and what policies do for one of them they do for all."""

MAX_ROWS = 1_000

type Oracles = dict[str, Oracle]


@pytest.fixture(scope="module")
def source(make_database: MakeDatabase) -> Database:
    """Sample data for free queries."""
    database = make_database()
    with database.as_superuser() as connection:
        connection.execute((FOLDER / "source_rows.sql").read_bytes())
        connection.execute("VACUUM (FULL, ANALYZE)")
    return database


@pytest.fixture(scope="module")
async def oracles(server: EmbeddedPostgres, source: Database) -> AsyncIterator[Oracles]:
    async with AsyncExitStack() as stack:
        yield {
            caller: await stack.enter_async_context(open_oracle(make_oracle_database(server, source, caller)))
            for caller in ASKED
        }


@pytest.fixture(scope="module")
async def door(source: Database) -> AsyncIterator[Invocations]:
    """One connection for all callers and queries, so that what one leaves the next one meets."""
    async with open_invocations(source.app_url) as door:
        yield door


@pytest.fixture(scope="module")
async def server_over(door: Invocations) -> ZavaServer:
    """The tools over that door."""
    return build_server(door, nobody_embeds())


@pytest.mark.parametrize(("caller", "name"), [(caller, name) for caller, names in ASKED.items() for name in names])
async def test_a_legitimate_query_is_answered_from_the_callers_rows(
    door: Invocations, oracles: Oracles, caller: str, name: str
) -> None:
    expected, answer = await asyncio.gather(
        oracles[caller].read(QUERIES[name], max_rows=MAX_ROWS),
        door.read_free(caller_of(caller), QUERIES[name], max_rows=MAX_ROWS),
    )
    assert answer == expected


@pytest.mark.parametrize("name", NAMES[::16])
async def test_the_tool_gives_the_same_answer(server_over: ZavaServer, oracles: Oracles, name: str) -> None:
    expected = await oracles["west-region"].read(QUERIES[name], max_rows=MAX_ROWS)
    token = current_caller.set(caller_of("west-region"))
    try:
        async with Client(server_over) as client:
            data = await data_of(client, "execute_sales_query", postgresql_query=QUERIES[name], max_rows=MAX_ROWS)
    finally:
        current_caller.reset(token)
    del data["next_cursor"], data["note"]
    assert data == {
        "columns": [{"name": column.name, "type": column.type} for column in expected.columns],
        "rows": expected.rows,
        "row_count": len(expected.rows),
        "truncated": expected.truncated,
    }


@pytest.mark.parametrize("ending", [";", " ;\n", "; -- thank you", ";\n/* end */\n", "\n-- no semicolon", ";;"])
async def test_a_statement_may_end_as_people_end_it(door: Invocations, oracles: Oracles, ending: str) -> None:
    statement = "SELECT store_id, count(*) FROM retail.orders GROUP BY store_id ORDER BY store_id"
    expected = await oracles["west-region"].read(statement, max_rows=MAX_ROWS)
    assert await door.read_free(caller_of("west-region"), statement + ending, max_rows=MAX_ROWS) == expected


@pytest.mark.parametrize("space", ["\r\n", "\t", "\f", "  \n\n ", "/**/", "--\n"])
async def test_words_may_be_apart_in_any_way(door: Invocations, oracles: Oracles, space: str) -> None:
    statement = "SELECT store_id, sum(stock_level) AS stock FROM inventory GROUP BY store_id ORDER BY store_id"
    expected = await oracles["kirkland"].read(statement, max_rows=MAX_ROWS)
    answer = await door.read_free(caller_of("kirkland"), statement.replace(" ", space), max_rows=MAX_ROWS)
    assert answer == expected


async def test_most_answers_depend_on_who_asks(oracles: Oracles) -> None:
    """Oracles that gave everybody the same would prove nothing."""
    differing = [
        name
        for name in NAMES
        if await oracles["kirkland"].read(QUERIES[name], max_rows=MAX_ROWS)
        != await oracles["west-region"].read(QUERIES[name], max_rows=MAX_ROWS)
    ]
    assert len(differing) >= 200


async def test_every_query_finds_something_for_a_caller_of_several_stores(oracles: Oracles) -> None:
    empty = [name for name in NAMES if not (await oracles["west-region"].read(QUERIES[name], max_rows=MAX_ROWS)).rows]
    assert empty == []


def test_the_oracles_are_of_the_stores_they_should_be(source: Database) -> None:
    with source.as_superuser() as connection:
        assert {caller: granted_stores(connection, caller) for caller in ASKED} == {
            "kirkland": [7],
            "west-region": [1, 2, 6, 7],
            "nobody": [],
            "seattle": [1],
            "head-office": [1, 2, 3, 4, 5, 6, 7, 8],
        }


def test_there_are_at_least_three_hundred_different_queries() -> None:
    assert len({normalised(statement) for statement in QUERIES.values()}) == len(QUERIES) >= 300
