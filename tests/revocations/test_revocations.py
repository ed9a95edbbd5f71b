"""The list of revoked tokens: what it refuses, how soon a change is known, and what happens when nobody can read it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from shared.database.pool import open_jobs_pool
from shared.errors import Unauthenticated, Unavailable
from shared.identity.caller import Caller
from shared.identity.revocations import FRESHNESS, Revocations
from tests.clock import FakeClock
from tests.conftest import Database, caller_of, settings_for
from tests.invocation.wire import Wire, wire_to

pytestmark = pytest.mark.anyio

KIRKLAND = replace(caller_of("kirkland"), issued_at=2_000_000_000, token_id="q7PrUvX0SUmn5Vqnb3FhAA")
PRINCIPAL = f"{KIRKLAND.tenant_id}/{KIRKLAND.object_id}"


@pytest.fixture
async def wire(kept: Database) -> AsyncIterator[Wire]:
    async with wire_to(kept.jobs_url) as wire:
        yield wire


@pytest.fixture
async def revocations(kept: Database, wire: Wire, clock: FakeClock) -> AsyncIterator[Revocations]:
    """The list as an instance knows it that begins with an empty one."""
    write(kept, "TRUNCATE access.revocations")
    settings = replace(settings_for(kept.app_url), jobs_database_url=wire.url(kept.jobs_url))
    async with open_jobs_pool(settings) as pool:
        revocations = Revocations(pool, clock=clock)
        await revocations.ensure_valid(KIRKLAND)
        yield revocations
        await revocations.close()


def write(database: Database, statement: str) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(statement)


def revoke(database: Database, kind: str, subject: str, before: int | None = None) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO access.revocations (kind, subject, issued_before) VALUES (%s, %s, to_timestamp(%s))",
            (kind, subject, before),
        )


@pytest.mark.parametrize(
    ("kind", "subject", "before"),
    [
        ("principal", PRINCIPAL, KIRKLAND.issued_at),
        ("token", KIRKLAND.token_id, None),
        ("client", KIRKLAND.client_id, None),
        ("client", KIRKLAND.client_id, KIRKLAND.issued_at + 1),
    ],
)
async def test_what_is_on_the_list_is_refused(
    revocations: Revocations, kept: Database, clock: FakeClock, kind: str, subject: str, before: int | None
) -> None:
    revoke(kept, kind, subject, before)
    clock.now += FRESHNESS.fresh_for
    with pytest.raises(Unauthenticated, match="revoked"):
        await revocations.ensure_valid(KIRKLAND)


@pytest.mark.parametrize(
    "other",
    [
        replace(KIRKLAND, issued_at=KIRKLAND.issued_at + 1),
        replace(KIRKLAND, object_id=caller_of("seattle").object_id),
        replace(KIRKLAND, tenant_id=caller_of("seattle").object_id),
    ],
)
async def test_later_tokens_and_other_principals_are_not(
    revocations: Revocations, kept: Database, clock: FakeClock, other: Caller
) -> None:
    revoke(kept, "principal", PRINCIPAL, KIRKLAND.issued_at)
    clock.now += FRESHNESS.fresh_for
    await revocations.ensure_valid(other)


async def test_a_token_without_a_name_is_not_any_that_is_revoked(
    revocations: Revocations, kept: Database, clock: FakeClock
) -> None:
    revoke(kept, "token", "None")
    clock.now += FRESHNESS.fresh_for
    await revocations.ensure_valid(replace(KIRKLAND, token_id=None))


async def test_what_is_lifted_by_hand_is_accepted_again(
    revocations: Revocations, kept: Database, clock: FakeClock
) -> None:
    revoke(kept, "client", KIRKLAND.client_id)
    clock.now += FRESHNESS.fresh_for
    with pytest.raises(Unauthenticated):
        await revocations.ensure_valid(KIRKLAND)
    write(kept, "DELETE FROM access.revocations")
    clock.now += FRESHNESS.fresh_for
    await revocations.ensure_valid(KIRKLAND)


async def test_calls_that_follow_each_other_wait_for_no_list(
    revocations: Revocations, wire: Wire, clock: FakeClock
) -> None:
    """It is read behind them, each two seconds."""
    wire.forget()
    for _ in range(100):
        await revocations.ensure_valid(KIRKLAND)
    assert wire.round_trips == 0
    for _ in range(3):
        clock.now += FRESHNESS.renewed_after
        await revocations.ensure_valid(KIRKLAND)
        await asyncio.wait_for(_read_again(wire), 5)


async def _read_again(wire: Wire) -> None:
    while not wire.round_trips:
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    wire.forget()


async def test_a_change_is_known_behind_the_next_call_of_an_instance_at_work(
    revocations: Revocations, kept: Database, wire: Wire, clock: FakeClock
) -> None:
    revoke(kept, "token", str(KIRKLAND.token_id))
    wire.forget()
    clock.now += FRESHNESS.renewed_after
    await revocations.ensure_valid(KIRKLAND)
    await asyncio.wait_for(_read_again(wire), 5)
    with pytest.raises(Unauthenticated):
        await revocations.ensure_valid(KIRKLAND)


async def test_while_the_database_is_away_the_last_list_holds_for_a_minute_and_then_nobody_is_let_in(
    revocations: Revocations, kept: Database, wire: Wire, clock: FakeClock
) -> None:
    revoke(kept, "token", "another")
    clock.now += FRESHNESS.fresh_for
    await revocations.ensure_valid(KIRKLAND)
    wire.take_down()
    clock.now += FRESHNESS.usable_for - 1
    await revocations.ensure_valid(KIRKLAND)
    with pytest.raises(Unauthenticated):
        await revocations.ensure_valid(replace(KIRKLAND, token_id="another"))
    clock.now += 1
    with pytest.raises(Unavailable, match="Nobody can say"):
        await revocations.ensure_valid(KIRKLAND)
    wire.take_up()
    clock.now += FRESHNESS.retry_gap
    await revocations.ensure_valid(KIRKLAND)


async def test_an_instance_that_slept_through_a_failover_is_not_disturbed(
    revocations: Revocations, wire: Wire, clock: FakeClock
) -> None:
    clock.now += 10 * FRESHNESS.usable_for
    wire.cut()
    await revocations.ensure_valid(KIRKLAND)
