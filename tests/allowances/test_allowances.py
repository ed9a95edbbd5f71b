"""What a principal may use, over all instances: never more than said, and not much less."""

import asyncio
import subprocess
import sys
import time
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.errors import RateLimited
from shared.limits.allowances import ANSWER_SECONDS, CREDIT_SECONDS, LEASE_SECONDS, Allowances
from shared.limits.buckets import MOST, Buckets
from shared.limits.flood_gate import FACTOR, FloodGate
from tests.allowances.conftest import opened
from tests.clock import FakeClock
from tests.conftest import REPOSITORY, Database
from tests.invocation.test_bounds import resident_bytes
from tests.invocation.wire import wire_to
from tests.processes import eventually

pytestmark = pytest.mark.anyio

RATE, BURST = 200.0, 400.0


async def spent_at_once(allowances: Allowances, principal_id: UUID, most: int = 10_000) -> int:
    """Until it is refused."""
    for spent in range(most):
        try:
            await allowances.spend(principal_id)
        except RateLimited:
            return spent
    return most


def row_of(database: Database, principal_id: UUID) -> float | None:
    with database.as_superuser() as superuser:
        row = superuser.execute("SELECT units FROM ops.allowances WHERE principal_id = %s", (principal_id,)).fetchone()
    return row[0] if row else None


def row_count(database: Database) -> int:
    with database.as_superuser() as superuser:
        [count] = superuser.execute("SELECT count(*) FROM ops.allowances").fetchone() or [0]
    return int(count)


@pytest.mark.parametrize("instances", [1, 3])
def test_processes_together_give_what_is_allowed_no_more_and_not_much_less(kept: Database, instances: int) -> None:
    seconds, principal_id = 3.0, str(uuid4())
    command = [sys.executable, "-m", "tests.allowances.spender", kept.jobs_url, principal_id]
    processes = [
        subprocess.Popen(
            [*command, str(RATE), str(BURST), str(seconds)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(instances)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    began = time.monotonic()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    spent = [int(process.communicate()[0]) for process in processes]
    took = time.monotonic() - began
    print(f"{instances} instances spent {spent} = {sum(spent)} of {BURST + RATE * seconds:.0f} in {seconds} s")
    assert sum(spent) <= BURST + RATE * took + instances * RATE * (LEASE_SECONDS + CREDIT_SECONDS)
    assert sum(spent) >= 0.85 * (BURST + RATE * seconds)
    assert min(spent) >= 0.3 * sum(spent) / instances


async def test_who_calls_less_than_it_may_is_never_refused_whatever_instance_it_calls(kept: Database) -> None:
    """Half the rate, in turn on four instances, with next to nothing to burst: leases that lie about would show."""
    principal_id, rate = uuid4(), 20.0
    async with (
        opened(kept.jobs_url, rate, 5) as first,
        opened(kept.jobs_url, rate, 5) as second,
        opened(kept.jobs_url, rate, 5) as third,
        opened(kept.jobs_url, rate, 5) as fourth,
    ):
        for _ in range(6):
            for instance in (first, second, third, fourth):
                await instance.spend(principal_id)
                await asyncio.sleep(2 / rate)


async def test_a_refusal_says_when_to_come_back_and_then_there_is_some(kept: Database, clock: FakeClock) -> None:
    principal_id = uuid4()
    async with opened(kept.jobs_url, 5, 5) as allowances:
        assert 5 <= await spent_at_once(allowances, principal_id) <= 7
        with pytest.raises(RateLimited, match="used up") as refusal:
            await allowances.spend(principal_id)
        assert refusal.value.retry_after == 1
        await allowances.spend(uuid4())
        await asyncio.sleep(refusal.value.retry_after)
        await allowances.spend(principal_id)


async def test_work_beyond_a_unit_is_charged_and_every_instance_knows(kept: Database) -> None:
    principal_id = uuid4()
    async with opened(kept.jobs_url, RATE, BURST) as here, opened(kept.jobs_url, RATE, BURST) as there:
        await here.spend(principal_id)
        here.charge(principal_id, 20.0)  # 800 units
        while row_of(kept, principal_id) is None:
            await asyncio.sleep(0.01)
        assert await spent_at_once(there, principal_id) <= RATE * CREDIT_SECONDS
        with pytest.raises(RateLimited) as refusal:
            await there.spend(principal_id)
        assert refusal.value.retry_after in (2, 3)


async def test_an_ordinary_call_waits_for_nothing(kept: Database) -> None:
    principal_id = uuid4()
    async with wire_to(kept.jobs_url) as wire, opened(wire.url(kept.jobs_url), RATE, BURST) as allowances:
        wire.forget()
        waited = 0
        for _ in range(100):
            spending = allowances.spend(principal_id)
            try:
                spending.send(None)
            except StopIteration:  # it ends without having waited once
                pass
            else:
                waited += 1
                spending.close()
            await asyncio.sleep(0.01)
        assert waited <= 2  # on a machine that has much else to do
        assert 1 <= wire.round_trips <= 20


async def test_many_principals_are_settled_in_few_statements_and_without_deadlock(kept: Database) -> None:
    principals = [uuid4() for _ in range(2000)]
    async with (
        wire_to(kept.jobs_url) as wire,
        opened(wire.url(kept.jobs_url), 1, BURST) as here,
        opened(wire.url(kept.jobs_url), 1, BURST) as there,
    ):
        wire.forget()
        for instance in (here, there):
            for principal_id in principals if instance is here else reversed(principals):
                instance.charge(principal_id, 1.0)
        await asyncio.gather(*(instance.spend(name) for instance in (here, there) for name in principals))
        assert wire.round_trips < 60
    assert row_of(kept, principals[0]) == pytest.approx(BURST - 2 * 39, abs=6)


async def test_who_has_rested_is_forgotten_and_who_has_not_is_kept(kept: Database) -> None:
    with kept.as_superuser() as superuser:
        superuser.execute("TRUNCATE ops.allowances")
        superuser.execute(
            "INSERT INTO ops.allowances SELECT gen_random_uuid(), 0, clock_timestamp() - interval '1 hour'"
            " FROM generate_series(1, 100)"
        )
        superuser.execute("INSERT INTO ops.allowances SELECT gen_random_uuid(), -1e6, clock_timestamp()")
    clock = FakeClock()
    async with opened(kept.jobs_url, RATE, BURST, clock=clock) as allowances:
        clock.now += 61
        allowances.charge(uuid4(), 1.0)
        await asyncio.to_thread(eventually, lambda: row_count(kept) == 2, "the rows' end")


async def test_a_hundred_thousand_principals_do_not_grow_an_instance(kept: Database) -> None:
    async with opened(kept.jobs_url, RATE, BURST) as allowances:
        gate = FloodGate(RATE, BURST)
        before = resident_bytes()
        for _ in range(100_000):
            principal_id = uuid4()
            gate.enter(principal_id)
            await allowances.spend(principal_id)
        assert len(allowances._leases) == MOST
        assert resident_bytes() - before < 30e6


async def test_without_the_database_an_instance_goes_on_with_limits_of_its_own_and_says_so(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    principal_id = uuid4()
    clock = FakeClock()
    async with (
        wire_to(kept.jobs_url) as wire,
        opened(wire.url(kept.jobs_url), RATE, BURST, patience=ANSWER_SECONDS, clock=clock) as allowances,
    ):
        await allowances.spend(principal_id)
        wire.take_down()
        spent = await spent_at_once(allowances, principal_id)
        assert BURST - 1 <= spent <= BURST + RATE * (LEASE_SECONDS + CREDIT_SECONDS)
        assert [record.levelname for record in caplog.records if "limits is" in record.getMessage()] == ["ERROR"]
        wire.take_up()
        while "limits is up again" not in caplog.text:
            clock.now += 5
            await spent_at_once(allowances, principal_id, 20)
            await asyncio.sleep(0.05)


async def test_a_database_that_does_not_answer_holds_up_a_call_for_a_moment_only(kept: Database) -> None:
    """As under a lock that nobody lets go of."""
    principal_id = uuid4()
    async with opened(kept.jobs_url, RATE, BURST, patience=ANSWER_SECONDS) as allowances:
        with psycopg.connect(kept.superuser_url) as blocker:
            blocker.execute("LOCK TABLE ops.allowances")
            began = time.monotonic()
            assert await spent_at_once(allowances, principal_id, 200) == 200
            assert time.monotonic() - began < ANSWER_SECONDS + 0.3


def test_a_flood_is_stopped_far_above_the_allowance(clock: FakeClock) -> None:
    gate, principal_id = FloodGate(RATE, BURST, clock=clock), uuid4()
    for _ in range(int(FACTOR * BURST)):
        gate.enter(principal_id)
    with pytest.raises(RateLimited, match="more requests") as refusal:
        gate.enter(principal_id)
    assert refusal.value.retry_after == 1
    gate.enter(uuid4())
    clock.now += 1
    for _ in range(int(FACTOR * RATE)):
        gate.enter(principal_id)


def test_a_bucket_grants_whole_units_and_loses_none(clock: FakeClock) -> None:
    buckets, principal_id = Buckets(1, 1, clock=clock), uuid4()
    assert buckets.draw(principal_id, wanted=1) == (1, 0)
    for _ in range(4):
        clock.now += 0.25
        granted, _ = buckets.draw(principal_id, wanted=1)
    assert granted == 1
