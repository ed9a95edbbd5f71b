"""The door to the data: its cost on the wire, and what it does when things break."""

import asyncio
import base64
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from psycopg import sql

from local.postgres import free_port
from shared.database.pool import open_pool
from shared.errors import QueryTimeout, SqlFault, SqlNotAllowed, Unavailable
from shared.invocation import Invocations
from shared.vault import Secret
from tests.conftest import KEY, PASSWORDS, Database, caller_of, open_invocations, settings_for
from tests.invocation.wire import wire_to

pytestmark = pytest.mark.anyio

COUNT = "SELECT count(*) FROM retail.orders"
KIRKLAND = caller_of("kirkland")
UNKNOWN = Secret(KEY.name, base64.b64encode(b"u" * 32).decode(), "not-yet-in-the-database")


async def count(invocations: Invocations, name: str = "kirkland") -> object:
    return (await invocations.read(caller_of(name), COUNT, max_rows=10)).rows[0][0]


async def test_a_call_is_one_round_trip(sample: Database) -> None:
    async with wire_to(sample.app_url) as wire, open_invocations(wire.url(sample.app_url)) as door:
        assert await count(door) == 2975
        for statement, rows in ((COUNT, 10), ("SELECT * FROM retail.orders", 1000), ("SELECT * FROM stores", 100)):
            wire.forget()
            await door.read(KIRKLAND, statement, max_rows=rows)
            assert wire.round_trips == 1
        wire.forget()
        await door.read(KIRKLAND, "SELECT %(a)s::integer", {"a": 1}, max_rows=1)
        assert wire.round_trips == 1


async def test_nothing_is_said_behind_the_last_sync(sample: Database) -> None:
    """A pooler for transactions takes the connection back at a Sync, and would keep it for whatever comes next."""
    sync, flush = b"S\0\0\0\4", b"H\0\0\0\4"
    async with wire_to(sample.app_url) as wire, open_invocations(wire.url(sample.app_url)) as door:
        for statement in (COUNT, "SELECT 1 / 0", "SELECT * FROM retail.orders"):
            with suppress(SqlFault):
                await door.read(KIRKLAND, statement, max_rows=1000)
            assert wire.said.endswith(sync)
            assert flush not in wire.said


async def test_a_broken_connection_costs_a_new_one_and_not_the_answer(sample: Database) -> None:
    async with wire_to(sample.app_url) as wire, open_invocations(wire.url(sample.app_url)) as door:
        assert await count(door) == 2975
        wire.cut()
        assert await count(door) == 2975
        assert wire.connections == 2


async def test_a_server_process_that_was_ended_costs_a_new_one_and_not_the_answer(database: Database) -> None:
    async with open_invocations(database.app_url) as door:
        assert await count(door) == 2975
        with database.as_superuser() as superuser:
            superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zava_app'")
        assert await count(door) == 2975


async def test_a_restart_that_ends_every_connection_costs_no_answer(database: Database) -> None:
    async with open_invocations(database.app_url, pool_size=4) as door:
        callers = [caller_of(name) for name in ("kirkland", "seattle", "tacoma", "nobody")]
        await asyncio.gather(*(door.read(caller, "SELECT pg_sleep(0.3)", max_rows=1) for caller in callers))
        with database.as_superuser() as superuser:
            ended = superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zava_app'"
            ).fetchall()
        assert len(ended) == 4
        assert await count(door) == 2975


async def test_a_server_process_that_is_ended_in_the_middle_costs_a_repeat_and_not_the_answer(
    database: Database,
) -> None:
    async with open_invocations(database.app_url) as door:
        call = asyncio.create_task(door.read(KIRKLAND, f"SELECT pg_sleep(0.5), ({COUNT})", max_rows=1))
        await asyncio.sleep(0.2)
        with database.as_superuser() as superuser:
            [ended] = superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zava_app'"
            ).fetchall()
        assert ended == (True,)
        assert (await call).rows == [["", 2975]]


async def test_without_a_database_a_call_is_unavailable_and_soon(sample: Database) -> None:
    port = free_port()
    nowhere = sample.app_url.replace(f":{urlsplit(sample.app_url).port}/", f":{port}/")
    async with open_invocations(nowhere) as door:
        began = time.monotonic()
        with pytest.raises(Unavailable) as fault:
            await count(door)
    assert time.monotonic() - began < 8
    assert fault.value.retry_after > 0
    assert str(port) not in str(fault.value)


async def test_a_busy_pool_is_waited_for(sample: Database) -> None:
    async with open_invocations(sample.app_url) as door:
        slow = asyncio.create_task(door.read(KIRKLAND, "SELECT pg_sleep(1)", max_rows=1))
        await asyncio.sleep(0.1)
        assert await count(door) == 2975
        await slow


async def test_a_call_during_rotation_uses_the_key_that_the_database_knows(sample: Database) -> None:
    async with open_invocations(sample.app_url, UNKNOWN, KEY) as door:
        assert await count(door) == 2975


async def test_no_known_key_is_an_error_and_never_an_empty_result(sample: Database) -> None:
    async with open_invocations(sample.app_url, UNKNOWN) as door:
        with pytest.raises(Unavailable, match="signing key"):
            await count(door)


async def test_no_key_at_all_is_unavailable(sample: Database) -> None:
    async with open_invocations(sample.app_url, Secret("another", KEY.value, "1")) as door:
        with pytest.raises(Unavailable, match="signing key"):
            await count(door)


async def test_a_slow_statement_is_stopped_by_the_server(database: Database) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(
            sql.SQL("ALTER ROLE zava_app IN DATABASE {} SET statement_timeout = '300ms'").format(
                sql.Identifier(database.name)
            )
        )
    async with open_invocations(database.app_url) as door:
        began = time.monotonic()
        with pytest.raises(QueryTimeout):
            await door.read(KIRKLAND, "SELECT pg_sleep(30)", max_rows=1)
        assert time.monotonic() - began < 5
        assert await count(door) == 2975


async def test_a_cancelled_call_frees_its_connection(sample: Database) -> None:
    async with open_invocations(sample.app_url) as door:
        call = asyncio.create_task(door.read(KIRKLAND, "SELECT pg_sleep(30)", max_rows=1))
        await asyncio.sleep(0.2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await count(door) == 2975


async def test_a_cancelled_call_leaves_no_lock_behind(sample: Database) -> None:
    async with open_invocations(sample.app_url) as door:
        call = asyncio.create_task(door.read(KIRKLAND, "SELECT pg_advisory_lock(43), pg_sleep(30)", max_rows=1))
        await asyncio.sleep(0.3)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await count(door) == 2975
        locks = await door.read(KIRKLAND, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", max_rows=1)
        assert locks.rows == [[0]]


async def test_a_malformed_newest_key_gives_way_to_the_one_before(sample: Database) -> None:
    async with open_invocations(sample.app_url, Secret(KEY.name, "not base64", "broken"), KEY) as door:
        assert await count(door) == 2975


async def test_a_call_that_ends_its_own_server_process_is_answered_as_lost(sample: Database) -> None:
    async with open_invocations(sample.app_url) as door:
        with pytest.raises((Unavailable, SqlFault)):
            await door.read(KIRKLAND, "SELECT pg_terminate_backend(pg_backend_pid()), 1/(random()*0)::int", max_rows=1)
        assert await count(door) == 2975


async def test_a_failed_statement_leaves_nothing_to_the_next_caller(sample: Database) -> None:
    async with open_invocations(sample.app_url) as door:
        with pytest.raises(SqlFault):
            await door.read(
                caller_of("head-office"),
                "SELECT pg_advisory_lock(7), set_config('work_mem', '1MB', false), 1 / (count(*) - 197665)"
                " FROM retail.orders",
                max_rows=1,
            )
        leftovers = await door.read(
            KIRKLAND,
            "SELECT current_setting('work_mem'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),"
            " (SELECT count(*) FROM retail.orders)",
            max_rows=1,
        )
        assert leftovers.rows == [["16MB", 0, 2975]]


async def test_many_callers_at_once_each_get_their_own(sample: Database) -> None:
    expected = {"kirkland": 2975, "seattle": 54995, "west-region": 99683, "head-office": 197665, "nobody": 0}
    async with open_invocations(sample.app_url, pool_size=4) as door:
        names = [*expected] * 12
        assert await asyncio.gather(*(count(door, name) for name in names)) == [expected[name] for name in names]


async def test_another_client_encoding_is_a_fault_with_a_remedy(sample: Database) -> None:
    async with open_invocations(sample.app_url) as door:
        with pytest.raises(SqlFault, match="cannot be read"):
            await door.read(KIRKLAND, "SELECT set_config('client_encoding', 'LATIN1', true), 'é'", max_rows=1)
        assert (await door.read(KIRKLAND, "SELECT 'é'", max_rows=1)).rows == [["é"]]


@pytest.mark.parametrize("statement", ["SELECT $$;$$; END; SELECT 1; --", "SELECT 1; COMMIT; SELECT 2"])
async def test_smuggled_statements_never_run(sample: Database, statement: str) -> None:
    async with open_invocations(sample.app_url) as door:
        with pytest.raises(SqlNotAllowed):
            await door.read(KIRKLAND, statement, max_rows=1)
        assert await count(door) == 2975


async def test_the_password_of_a_connection_can_be_an_access_token(sample: Database) -> None:
    asked = []

    async def access_token() -> str:
        asked.append(1)
        return PASSWORDS["zava_app"]

    without_password = sample.app_url.replace(f":{PASSWORDS['zava_app']}@", "@")
    async with (
        open_pool(settings_for(without_password), access_token) as pool,
        pool.connection(timeout=5) as connection,
    ):
        row = await (await connection.execute("SELECT current_user::text")).fetchone()
    assert row == ("zava_app",)
    assert asked
