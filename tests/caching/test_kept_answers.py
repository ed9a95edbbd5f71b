"""Kept answers: whose they are, for how long, and that they are the same as fresh ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.caches.kept_answers import KEPT_SECONDS, KeptAnswers, packed, unpacked
from shared.caches.shared_answers import MAX_ANSWER_BYTES
from shared.database.pool import open_pool
from shared.errors import SqlFault, Unavailable
from shared.identity.caller import Caller
from shared.invocation import Answer, Invocations
from shared.isolation.gate import Isolation
from shared.json_values import Column
from shared.reports.report import Rows
from shared.reports.sales_analysis import analyze_sales
from shared.telemetry.call_record import CallRecord, current_record
from shared.vault import Vault
from tests.caching.counting import CountedInvocations, counted_door
from tests.clock import FakeClock
from tests.conftest import CURSOR_KEY, KEY, Database, KeptSecrets, caller_of, settings_for

pytestmark = pytest.mark.anyio

KIRKLAND, WEST, HEAD_OFFICE = caller_of("kirkland"), caller_of("west-region"), caller_of("head-office")
ORDERS = "SELECT count(*) FROM retail.orders"
KIRKLAND_ID = 7


@pytest.fixture
async def door(sample: Database) -> AsyncIterator[CountedInvocations]:
    async with counted_door(sample.app_url) as door:
        yield door


@asynccontextmanager
async def gated(database: Database, clock: FakeClock) -> AsyncIterator[tuple[Isolation, Invocations]]:
    """A door with the gate."""
    async with open_pool(settings_for(database.app_url)) as pool:
        vault = Vault(KeptSecrets(KEY, CURSOR_KEY))
        isolation = Isolation(pool, vault, clock=clock)
        yield isolation, Invocations(pool, vault, isolation)
        await isolation.close()


def store_of(database: Database, number: int) -> Caller:
    """Head office, narrowed to a store."""
    with database.as_superuser() as superuser:
        found = superuser.execute("SELECT rls_user_id FROM retail.stores WHERE store_id = %s", (number,)).fetchone()
    assert found
    return HEAD_OFFICE.narrowed_to(found[0])


async def orders(answers: KeptAnswers, caller: Caller) -> int:
    return int(str((await answers.read(caller, ORDERS, max_rows=1)).rows[0][0]))


async def test_a_question_that_comes_again_is_answered_without_the_database(door: CountedInvocations) -> None:
    answers = KeptAnswers(door)
    first = await orders(answers, KIRKLAND)
    assert [await orders(answers, KIRKLAND) for _ in range(3)] == [first] * 3
    assert door.readings == 1


async def test_two_principals_never_share(door: CountedInvocations, sample: Database) -> None:
    answers = KeptAnswers(door)
    callers = [KIRKLAND, WEST, HEAD_OFFICE, caller_of("nobody"), store_of(sample, 7), store_of(sample, 1)]
    told = await asyncio.gather(*(orders(answers, caller) for caller in callers))
    again = [await orders(answers, caller) for caller in callers]
    assert told == again == [await _fresh_orders(door, caller) for caller in callers]
    kirkland, west, head_office, nobody, narrowed_to_kirkland, narrowed_to_seattle = told
    assert 0 == nobody < kirkland == narrowed_to_kirkland < west < head_office
    assert narrowed_to_seattle not in (0, kirkland, west, head_office)
    assert door.readings == 2 * len(callers)  # each its own, and a fresh one


async def _fresh_orders(door: Invocations, caller: Caller) -> int:
    return int(str((await door.read(caller, ORDERS, max_rows=1)).rows[0][0]))


@pytest.mark.parametrize(
    ("text", "parameters", "max_rows", "skip"),
    [
        ("SELECT %(day)s::text, %(n)s::int -- another text", {"day": date(2026, 1, 2), "n": 1}, 5, 0),
        ("SELECT %(day)s::text, %(n)s::int", {"day": date(2026, 1, 3), "n": 1}, 5, 0),
        ("SELECT %(day)s::text, %(n)s::int", {"day": "2026-01-02", "n": 1}, 5, 0),
        ("SELECT %(day)s::text, %(n)s::int", {"day": date(2026, 1, 2), "n": "1"}, 5, 0),
        ("SELECT %(day)s::text, %(n)s::int", {"day": date(2026, 1, 2), "n": None}, 5, 0),
        ("SELECT %(day)s::text, %(n)s::int", {"day": date(2026, 1, 2), "n": 1}, 6, 0),
        ("SELECT %(day)s::text, %(n)s::int", {"day": date(2026, 1, 2), "n": 1}, 5, 1),
    ],
)
async def test_whatever_differs_makes_another_question(
    door: CountedInvocations, text: str, parameters: dict[str, object], max_rows: int, skip: int
) -> None:
    answers = KeptAnswers(door)
    asked = {"day": date(2026, 1, 2), "n": 1}
    await answers.read(KIRKLAND, "SELECT %(day)s::text, %(n)s::int", asked, max_rows=5)
    await answers.read(KIRKLAND, text, parameters, max_rows=max_rows, skip=skip)
    assert door.readings == 2


async def test_a_revoked_grant_is_noticed_when_the_answer_is_half_a_minute_old(
    database: Database, clock: FakeClock
) -> None:
    async with counted_door(database.app_url) as door:
        answers = KeptAnswers(door, clock)
        assert await orders(answers, KIRKLAND) > 0
        with database.as_superuser() as superuser:
            superuser.execute("DELETE FROM access.store_grants WHERE principal_id = %s", (KIRKLAND.principal_id,))
        clock.now += KEPT_SECONDS - 0.01
        assert await orders(answers, KIRKLAND) > 0
        clock.now += 0.01
        assert await orders(answers, KIRKLAND) == 0
    assert KEPT_SECONDS <= 60


async def test_time_counts_from_when_the_database_was_asked(database: Database, clock: FakeClock) -> None:
    async with counted_door(database.app_url) as door:
        answers = KeptAnswers(door, clock)
        door.before_it_ends = lambda: setattr(clock, "now", clock.now + KEPT_SECONDS - 1)  # it takes so long
        await orders(answers, KIRKLAND)
        clock.now += 0.9
        await orders(answers, KIRKLAND)
        assert door.readings == 1
        clock.now += 0.1
        await orders(answers, KIRKLAND)
        assert door.readings == 2


async def test_nothing_that_is_kept_is_told_while_isolation_is_not_proven(database: Database, clock: FakeClock) -> None:
    async with gated(database, clock) as (isolation, door):
        answers = KeptAnswers(door)
        await orders(answers, KIRKLAND)
        with database.as_superuser() as superuser:
            superuser.execute("ALTER TABLE retail.orders NO FORCE ROW LEVEL SECURITY")
        clock.now += 3600
        assert not (await isolation.renewed()).holds
        clock.now += 10
        with pytest.raises(Unavailable):
            await orders(answers, KIRKLAND)


async def test_a_failure_is_told_and_not_kept(door: CountedInvocations) -> None:
    answers = KeptAnswers(door)
    for readings in (1, 2):
        with pytest.raises(SqlFault):
            await answers.read(KIRKLAND, "SELECT 1 / 0", max_rows=1)
        assert door.readings == readings


async def test_equal_questions_at_the_same_time_are_asked_once_for_each_principal(door: CountedInvocations) -> None:
    answers = KeptAnswers(door)
    told = await asyncio.gather(*(orders(answers, caller) for caller in (KIRKLAND, WEST) for _ in range(20)))
    assert door.readings == 2
    assert len(set(told[:20])) == len(set(told[20:])) == 1


async def test_a_very_large_answer_is_not_kept(door: CountedInvocations) -> None:
    answers = KeptAnswers(door)
    for readings in (1, 2):
        await answers.read(KIRKLAND, f"SELECT repeat('x', {MAX_ANSWER_BYTES})", max_rows=1)
        assert door.readings == readings


async def test_who_changes_an_answer_changes_it_for_nobody_else(door: CountedInvocations) -> None:
    answers = KeptAnswers(door)
    rows = (await answers.read(KIRKLAND, ORDERS, max_rows=1)).rows
    assert isinstance(rows, list)
    rows.clear()
    assert (await answers.read(KIRKLAND, ORDERS, max_rows=1)).rows


async def test_reports_are_the_same_kept_and_fresh(door: CountedInvocations) -> None:
    answers = KeptAnswers(door)
    kept, again, fresh = [
        await analyze_sales(asked, WEST, "sales_trends", days=90, rows=Rows(20)) for asked in (answers, answers, door)
    ]
    assert kept == again == fresh
    assert kept.answer.rows


async def test_a_question_that_has_no_unmistakable_form_is_a_bug(door: CountedInvocations) -> None:
    with pytest.raises(TypeError):
        await KeptAnswers(door).read(KIRKLAND, "SELECT %s", [{1, 2}], max_rows=1)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.lists(VALUES, max_size=3), max_size=4), st.text(), st.booleans())
def test_an_answer_comes_back_as_it_was_to_the_type_of_each_value(
    rows: list[list[object]], name: str, cut: bool
) -> None:
    answer = Answer((Column(name, "numeric"),), rows, truncated=cut)  # type: ignore[arg-type]  # JSON values all
    back = unpacked(packed(answer))
    assert (back, repr(back)) == (answer, repr(answer))


async def test_rows_count_for_everybody_who_gets_them(door: CountedInvocations) -> None:
    answers, records = KeptAnswers(door), [CallRecord(began_at=datetime.now(UTC)) for _ in range(3)]

    async def ask(record: CallRecord) -> None:
        current_record.set(record)
        await answers.read(KIRKLAND, "SELECT order_id FROM retail.orders LIMIT 4", max_rows=10)

    await asyncio.gather(*(asyncio.create_task(ask(record)) for record in records[:2]))
    await asyncio.create_task(ask(records[2]))
    await answers.close()
    assert door.readings == 1
    assert [record.rows for record in records] == [4, 4, 4]
