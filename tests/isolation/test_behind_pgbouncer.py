"""Behind a transaction pooler all callers share one server connection: isolation is the transaction's, no session's."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from shared.database.pool import open_pool
from tests.conftest import Database, MakeDatabase, caller_of, open_invocations, settings_for
from tests.isolation.attack import ROWS
from tests.isolation.attacks import QUIET
from tests.isolation.ground import as_on_azure
from tests.isolation.pgbouncer import pgbouncer_to
from tests.isolation.through_the_server import ServerCampaign

pytestmark = pytest.mark.anyio

ORDERS = {"kirkland": 2975, "seattle": 54995, "redmond": 5047, "west-region": 99683, "head-office": 197665, "nobody": 0}
COUNT = "SELECT count(*), count(*) FILTER (WHERE store_id = 7) FROM retail.orders"


@pytest.fixture(scope="module")
def pooled(make_database: MakeDatabase) -> Database:
    """A database of its own, so that no other session is on it."""
    database = make_database()
    as_on_azure(database)
    return database


@pytest.fixture(scope="module")
def pooled_url(pooled: Database) -> Iterator[str]:
    with pgbouncer_to(pooled) as url:
        yield url


async def test_a_hundred_interleaved_callers_each_see_their_own(pooled: Database, pooled_url: str) -> None:
    names = [*ORDERS] * 17
    async with open_invocations(pooled_url, pool_size=8) as door:
        answers = await asyncio.gather(*(door.read(caller_of(name), COUNT, max_rows=1) for name in names))
    assert [answer.rows[0][0] for answer in answers] == [ORDERS[name] for name in names]
    with pooled.as_superuser() as superuser:
        backends = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'zava_app' AND datname = current_database()"
        assert superuser.execute(backends).fetchone() == (1,)


@pytest.mark.parametrize("actor", ["kirkland", "nobody"])
async def test_no_attack_shows_a_foreign_row_and_the_next_caller_sees_its_own(
    pooled: Database, pooled_url: str, marker: str, actor: str
) -> None:
    """A session of another caller cannot be ended here: that is a test of the guard, without a pooler."""
    families = [family for family in QUIET if family != "neighbours"]
    campaign = await ServerCampaign(pooled, actor, marker).run(pooled_url, *families)
    assert not [found for found in campaign.successes.values() if found.channel == ROWS]
    assert not campaign.disturbed


async def test_the_pool_prepares_nothing_by_name(pooled_url: str) -> None:
    async with open_pool(settings_for(pooled_url)) as pool, pool.connection(timeout=5) as connection:
        for number in range(8):
            assert await (await connection.execute("SELECT %s::integer", (number,))).fetchone() == (number,)
        row = await (
            await connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''")
        ).fetchone()
    assert row == (0,)


def test_with_psycopgs_default_two_clients_collide(pooled_url: str) -> None:
    """Why prepare_threshold is None: each client names its own statements, and both meet on one connection."""
    with psycopg.connect(pooled_url, autocommit=True) as one, psycopg.connect(pooled_url, autocommit=True) as other:

        def take_turns() -> None:
            for number in range(12):
                one.execute("SELECT %s::integer + 1", (number,))
                other.execute("SELECT %s::integer + 2", (number,))

        with pytest.raises((psycopg.errors.DuplicatePreparedStatement, psycopg.errors.InvalidSqlStatementName)):
            take_turns()
        one.execute("DEALLOCATE ALL", prepare=False)


async def test_a_setting_for_the_session_does_not_reach_the_next_caller(pooled_url: str) -> None:
    forged = "SELECT set_config('app.rls_context', 'v1|mine', false), set_config('work_mem', '1MB', false)"
    async with open_invocations(pooled_url, pool_size=2) as door:
        for name in ("kirkland", "nobody") * 3:
            await asyncio.gather(
                door.read(caller_of("seattle"), forged, max_rows=1), door.read(caller_of(name), COUNT, max_rows=1)
            )
            answer = await door.read(caller_of(name), COUNT, max_rows=1)
            assert answer.rows[0][0] == ORDERS[name]
    with psycopg.connect(pooled_url, autocommit=True) as client:
        assert client.execute("SELECT current_setting('work_mem')").fetchone() == ("16MB",)
        assert client.execute("SELECT count(*) FROM retail.orders").fetchone() == (0,)
