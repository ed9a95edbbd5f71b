"""What a caller's own text may cost: bytes, plans, calls at once. A refusal says why and what to do."""

import asyncio
import re
import time
from pathlib import Path

import psycopg
import pytest

from shared.database.statement import CALL, MAX_BYTES, MAX_PLAN_COST, Bounds
from shared.errors import QueryTimeout, RateLimited, SqlFault, SqlNotAllowed, TooExpensive, ToolFault, Unavailable
from shared.invocation import Invocations
from shared.limits.admission import PRINCIPAL_CALLS, PRINCIPAL_WAITING
from tests.conftest import Database, caller_of, open_invocations
from tests.invocation.wire import wire_to
from tests.processes import eventually

pytestmark = pytest.mark.anyio

KIRKLAND = caller_of("kirkland")
HEAD_OFFICE = caller_of("head-office")
TOO_LARGE = {
    "one value": "SELECT repeat('x', (SELECT 900000000))",
    "one value of a column called answer": "SELECT 1 AS answer, repeat('x', (SELECT 100000000)) AS asked",
    "a long row": "SELECT string_agg(product_description, repeat(' ', 9999)) FROM products",
    "many rows": "SELECT repeat('x', 10000 + n) FROM generate_series(1, 1000) AS n",
    "digits": "SELECT 10::numeric ^ (130000 + n) FROM generate_series(1, 100) AS n",
    "an array": "SELECT array_agg(n) FROM generate_series(1, 900000) AS n",
    "json": "SELECT jsonb_agg(o) FROM orders AS o",
    "many columns": "SELECT " + ", ".join(["'xy'"] * 1600) + " FROM generate_series(1, 1000)",
}
TOO_DEAR = {
    "a cross join": "SELECT count(*) FROM orders a, orders b WHERE a.customer_id < b.customer_id",
    "three of them": "SELECT count(*) FROM order_items a, order_items b, order_items c",
    "a million times a thousand": "SELECT sum(x) FROM generate_series(1, 999999) AS x, generate_series(1, 999) AS y",
    "a sorted product": "SELECT a.order_id FROM order_items a, products b, products c ORDER BY a.unit_price * c.cost",
}


def resident_bytes() -> int:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("how", TOO_LARGE)
async def test_a_result_that_is_too_large_ends_and_the_worker_stays_small(invocations: Invocations, how: str) -> None:
    before = resident_bytes()
    with pytest.raises(TooExpensive, match="larger than (2 MB|a gigabyte)"):
        await invocations.read_free(HEAD_OFFICE, TOO_LARGE[how], max_rows=1000)
    assert resident_bytes() - before < 50e6
    assert (await invocations.read_free(KIRKLAND, "SELECT count(*) FROM orders", max_rows=1)).rows == [[2975]]


async def test_a_result_just_below_the_bound_arrives_whole(invocations: Invocations) -> None:
    answer = await invocations.read_free(
        KIRKLAND, f"SELECT repeat('x', {MAX_BYTES // 2 - 9}) FROM generate_series(1, 2)", max_rows=9
    )
    assert [len(str(value)) for [value] in answer.rows] == [MAX_BYTES // 2 - 9] * 2


@pytest.mark.parametrize("how", TOO_DEAR)
async def test_a_plan_that_costs_too_much_is_refused_at_once(invocations: Invocations, how: str) -> None:
    began = time.monotonic()  # until its time is over, it would run for 20 s
    with pytest.raises(TooExpensive, match="far longer than it may.*aggregate early"):
        await invocations.read_free(HEAD_OFFICE, TOO_DEAR[how], max_rows=10)
    assert time.monotonic() - began < 10


async def test_a_refusal_for_cost_counts_no_rows(invocations: Invocations) -> None:
    with pytest.raises(TooExpensive) as fault:
        await invocations.read_free(KIRKLAND, TOO_DEAR["three of them"], max_rows=10)
    assert not any(character.isdigit() for character in str(fault.value))


async def test_free_text_is_one_round_trip_the_first_time_and_later(sample: Database) -> None:
    async with wire_to(sample.app_url) as wire, open_invocations(wire.url(sample.app_url)) as door:
        await door.read_free(KIRKLAND, "SELECT 1", max_rows=1)
        for _ in range(2):
            wire.forget()
            answer = await door.read_free(KIRKLAND, "SELECT count(*) FROM orders;", max_rows=10)
            assert (answer.rows, wire.round_trips) == ([[2975]], 1)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT order_id FROM orders ORDER BY order_id LIMIT 3 -- the first",
        "SELECT order_id FROM orders ORDER BY order_id LIMIT 3; -- the first",
        "TABLE stores",
        "VALUES (1, 'a'), (2, 'b')",
        "WITH a AS (SELECT 1 AS b) SELECT b, b FROM a",
        "SELECT 1 AS answer, 2 AS asked, 3",
        "SELECT FROM stores",
        "(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1 DESC",
        "SELECT s FROM stores AS s ORDER BY s.store_id",
    ],
)
async def test_the_bounds_change_no_answer(invocations: Invocations, text: str) -> None:
    plain = await invocations.read(KIRKLAND, text.split(";")[0], max_rows=100)
    assert await invocations.read_free(KIRKLAND, text, max_rows=100) == plain


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("SELECT nothing FROM retail.orders", 8),
        ("SELECT 'é', nothing FROM retail.orders", 13),
        ("SELECT 1 FROM orders WHERE order_id = 'x'", 39),
    ],
)
async def test_positions_count_in_the_callers_text(invocations: Invocations, text: str, position: int) -> None:
    for _ in range(2):
        with pytest.raises(SqlFault) as fault:
            await invocations.read_free(KIRKLAND, text, max_rows=1)
        assert fault.value.position == position


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1) AS asked) AS answer; --",
        "SELECT 1) AS a, LATERAL (SELECT 2",
        "EXPLAIN ANALYZE SELECT 1",
        "ANALYZE SELECT 1",
    ],
)
async def test_text_that_would_close_the_brackets_is_no_statement(invocations: Invocations, text: str) -> None:
    with pytest.raises((SqlFault, SqlNotAllowed)):
        await invocations.read_free(KIRKLAND, text, max_rows=1)
    with pytest.raises(ToolFault):
        await invocations.plan(KIRKLAND, text)


async def test_one_principal_never_fills_the_pool(sample: Database) -> None:
    """While four of its queries run as long as they may, another caller is answered within a second."""
    slow = "SELECT count(*) FROM orders a, orders b WHERE a.order_date < b.order_date"
    async with open_invocations(sample.app_url, pool_size=PRINCIPAL_CALLS + 1) as door:
        heavy = [asyncio.create_task(door.read(HEAD_OFFICE, slow, max_rows=1)) for _ in range(PRINCIPAL_CALLS * 3)]
        await asyncio.sleep(0)
        slowest = 0.0
        for _ in range(5):
            began = time.monotonic()
            assert (await door.read_free(KIRKLAND, "SELECT 1", max_rows=1)).rows == [[1]]
            slowest = max(slowest, time.monotonic() - began)
        for task in heavy:
            task.cancel()
        outcomes = await asyncio.gather(*heavy, return_exceptions=True)
    assert slowest < 1
    assert all(isinstance(outcome, asyncio.CancelledError | RateLimited | QueryTimeout) for outcome in outcomes)


async def test_calls_wait_for_their_turn_and_too_many_are_told_to_come_back(sample: Database) -> None:
    count = PRINCIPAL_CALLS + PRINCIPAL_WAITING
    async with open_invocations(sample.app_url, pool_size=PRINCIPAL_CALLS) as door:
        calls = [door.read(KIRKLAND, "SELECT pg_sleep(0.1)", max_rows=1) for _ in range(count + 3)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert len(refused) == 3
        assert all(isinstance(fault, RateLimited) and fault.retry_after > 0 for fault in refused)
        assert (await door.read(KIRKLAND, "SELECT 1", max_rows=1)).rows == [[1]]
        assert not door._admission._present


async def test_a_call_that_waits_too_long_is_told_to_come_back(sample: Database) -> None:
    async with open_invocations(sample.app_url, pool_size=PRINCIPAL_CALLS) as door:
        slow = [
            asyncio.create_task(door.read(KIRKLAND, "SELECT pg_sleep(9)", max_rows=1)) for _ in range(PRINCIPAL_CALLS)
        ]
        await asyncio.sleep(0.1)  # each has asked to come in, which waits for no machine
        with pytest.raises(RateLimited, match="4 run at once"):
            await door.read(KIRKLAND, "SELECT 1", max_rows=1)
        for each in slow:
            each.cancel()
        await asyncio.wait(slow)


async def test_a_query_that_spills_too_much_is_refused_and_run_once(database: Database) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(f"ALTER ROLE zava_app IN DATABASE {database.name} SET temp_file_limit = '1MB'".encode())
        superuser.execute(f"ALTER ROLE zava_app IN DATABASE {database.name} SET work_mem = '64kB'".encode())
    async with wire_to(database.app_url) as wire, open_invocations(wire.url(database.app_url)) as door:
        assert (await door.read_free(KIRKLAND, "SELECT 1", max_rows=1)).rows == [[1]]
        for text in (
            "SELECT order_id, repeat('x', 200) AS filler FROM orders AS o ORDER BY order_date, filler",
            "SELECT repeat('x', 1800) FROM order_items LIMIT 1500",
        ):
            wire.forget()
            with pytest.raises(TooExpensive, match="temporary"):
                await door.read_free(HEAD_OFFICE, text, max_rows=1000)
        assert (await door.read_free(KIRKLAND, "SELECT 1", max_rows=1)).rows == [[1]]
        assert wire.connections <= 2


async def test_a_longer_bound_is_the_servers_and_holds_for_one_statement(database: Database) -> None:
    slow = "SELECT count(*) FROM generate_series(1, 5000) AS a, generate_series(1, 5000) AS b WHERE a > b"
    with database.as_superuser() as superuser:
        for setting in ("statement_timeout", "transaction_timeout"):
            superuser.execute(f"ALTER ROLE zava_app IN DATABASE {database.name} SET {setting} = '300ms'".encode())
    async with open_invocations(database.app_url) as door:
        longer = Bounds(plan_cost=MAX_PLAN_COST, seconds=30)
        assert (await door.read_free(KIRKLAND, slow, max_rows=1, bounds=longer)).rows == [[12497500]]
        with pytest.raises((QueryTimeout, Unavailable)):
            await door.read_free(KIRKLAND, slow, max_rows=1)
        shorter = Bounds(plan_cost=1e9, seconds=1)
        with pytest.raises(QueryTimeout):
            await door.read_free(KIRKLAND, slow.replace("5000", "20000"), max_rows=1, bounds=shorter)


async def test_what_one_bound_affords_another_need_not(invocations: Invocations) -> None:
    text = "SELECT count(*) FROM generate_series(1, 100) AS n"
    assert (await invocations.read_free(KIRKLAND, text, max_rows=1)).rows == [[100]]
    with pytest.raises(TooExpensive):
        await invocations.read_free(KIRKLAND, text, max_rows=1, bounds=Bounds(plan_cost=1, seconds=30))


async def test_a_context_holds_as_long_as_its_statement_may_run(sample: Database) -> None:
    """Policies ask for the caller when they meet the first row of a table, however late: then without a word no row."""
    async with wire_to(sample.app_url) as wire, open_invocations(wire.url(sample.app_url)) as door:
        for bounds, least in ((CALL, 20), (Bounds(plan_cost=MAX_PLAN_COST, seconds=600), 600)):
            wire.said.clear()
            await door.read_free(KIRKLAND, "SELECT 1", max_rows=1, bounds=bounds)
            [expiry] = re.findall(rb"v1[^|]*\|[^|]+\|[^|]+\|(\d+)\|", bytes(wire.said))
            assert least + 30 <= int(expiry) - time.time() <= least + 65


def test_a_statement_ends_when_nobody_is_left_to_take_its_answer(sample: Database) -> None:
    with psycopg.connect(sample.app_url) as connection, sample.as_superuser() as superuser:
        pid = connection.info.backend_pid
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1000000000)")
        connection.pgconn.finish()  # as when the server is killed: nobody cancels
        eventually(
            lambda: superuser.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone() is None,
            "the statement's end",  # within half of the role's statement_timeout
        )
