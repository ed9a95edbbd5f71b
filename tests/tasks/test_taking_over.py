"""What an instance leaves behind, another one finishes; once, and with the grants as they are then."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.conftest import Database, caller_of
from tests.processes import eventually
from tests.tasks.conftest import Instance, StartInstance
from tests.tasks.following import ask, ended, refusal, task_of
from tests.tasks.test_tasks import COUNT, LONG, UNKNOWN, rows_at_work

pytestmark = pytest.mark.anyio

KIRKLAND = replace(caller_of("kirkland"), issued_at=2_000_000_000, token_id="q7PrUvX0SUmn5Vqnb3FhAA")
KIRKLAND_STORE = UUID("9c8b7a65-4321-fed0-9876-543210fedcba")
BY_STORE = "SELECT store_id, count(*) FROM retail.orders GROUP BY store_id ORDER BY store_id"


@pytest.fixture
def granted(kept: Database) -> Iterator[Database]:
    """The database, whose grants are put back."""
    yield kept
    with kept.as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO access.store_grants SELECT principal_id, store FROM access.principals, unnest(%s) AS store"
            " WHERE role = 'regional_manager' ON CONFLICT DO NOTHING",
            ([1, 2, 6, 7],),
        )


def withdraw(database: Database, store_id: int) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(
            "DELETE FROM access.store_grants USING access.principals AS principal"
            " WHERE store_grants.principal_id = principal.principal_id AND role = 'regional_manager' AND store_id = %s",
            (store_id,),
        )


def abandon(database: Database, query: str, *, attempts: int = 1) -> None:
    """As if the lease of the one task had ended while its instance was gone, with another query to be quick."""
    with database.as_superuser() as superuser:
        superuser.execute(
            "UPDATE ops.tasks SET status = 'working', result = NULL, lease_until = clock_timestamp(), attempts = %s,"
            " arguments = json_build_object('postgresql_query', %s::text), lease_owner = %s",
            (attempts, query, uuid4()),
        )


def attempts_of(database: Database) -> int:
    with database.as_superuser() as superuser:
        [attempts] = superuser.execute("SELECT sum(attempts) FROM ops.tasks").fetchone() or [0]
    return int(attempts)


async def test_a_worker_whose_instance_ends_leaves_its_task_to_another(
    instance: Instance, start_instance: StartInstance, kept: Database
) -> None:
    async with instance.client("kirkland") as client:
        task_id = await task_of(client, LONG)
    await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 1, "the statement's start")
    await instance.end()
    await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 0, "the statement's end")
    with kept.as_superuser() as superuser:
        due = superuser.execute("SELECT lease_until <= clock_timestamp() FROM ops.tasks").fetchall()
    assert due == [(True,)], "an instance that ends in order lets go at once"
    other = await start_instance(kept)
    async with other.client("kirkland") as client:
        assert (await ask(client, "tasks/get", task_id))["status"] == "working"
        abandon(kept, COUNT)
        assert (await ended(client, task_id))["result"]["structuredContent"]["rows"] == [[2975]]
    assert attempts_of(kept) == 2


async def test_an_instance_that_starts_goes_on_with_what_is_left(
    instance: Instance, start_instance: StartInstance, kept: Database
) -> None:
    async with instance.client("kirkland") as client:
        await ended(client, await task_of(client, COUNT))
    await instance.end()
    abandon(kept, COUNT)
    await start_instance(kept)

    def completed() -> bool:
        with kept.as_superuser() as superuser:
            return superuser.execute("SELECT status FROM ops.tasks").fetchone() == ("completed",)

    await asyncio.to_thread(eventually, completed, "the end of a task that nobody asked for")


async def test_instances_that_look_at_once_run_it_once(
    instance: Instance, start_instance: StartInstance, kept: Database
) -> None:
    others = [instance, *[await start_instance(kept) for _ in range(2)]]
    async with instance.client("kirkland") as client:
        task_id = await task_of(client, COUNT)
        await ended(client, task_id)
    for round_number in range(5):
        abandon(kept, COUNT)

        async def follow(one: Instance) -> list[list[int]]:
            async with one.client("kirkland") as client:
                rows: list[list[int]] = (await ended(client, task_id))["result"]["structuredContent"]["rows"]
                return rows

        assert await asyncio.gather(*map(follow, others)) == [[[2975]]] * 3
        assert attempts_of(kept) == 2, round_number


async def test_a_worker_that_comes_back_late_writes_nothing(instance: Instance, kept: Database) -> None:
    async with instance.client("kirkland") as client:
        task_id = await task_of(client, LONG)
        await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 1, "the statement's start")
        with kept.as_superuser() as superuser:
            superuser.execute("UPDATE ops.tasks SET lease_owner = %s", (uuid4(),))
        await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 0, "the end of its statement")
        assert (await ask(client, "tasks/get", task_id))["status"] == "working"


async def test_a_worker_that_takes_over_its_own_task_leaves_what_it_began(instance: Instance, kept: Database) -> None:
    async with instance.client("kirkland") as client:
        task_id = await task_of(client, LONG)
        await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 1, "the statement's start")
        abandon(kept, LONG)
        assert (await ask(client, "tasks/get", task_id))["status"] == "working"
        await asyncio.to_thread(eventually, lambda: attempts_of(kept) == 2, "the second attempt")
        await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 1, "the first statement's end")
    await instance.end()
    assert rows_at_work(kept) == 0


async def test_a_task_that_three_instances_did_not_survive_has_failed(instance: Instance, kept: Database) -> None:
    async with instance.client("kirkland") as client:
        task_id = await task_of(client, COUNT)
        await ended(client, task_id)
        abandon(kept, COUNT, attempts=3)
        told = await ended(client, task_id)
    assert (told["status"], told["error"]["code"]) == ("failed", -32603)
    assert "given up" in told["error"]["message"]
    assert "result" not in told


async def test_a_grant_withdrawn_before_the_work_is_done_again_counts(instance: Instance, granted: Database) -> None:
    async with instance.client("west-region") as client:
        task_id = await task_of(client, BY_STORE)
        before = (await ended(client, task_id))["result"]["structuredContent"]["rows"]
        assert [store for store, _ in before] == [1, 2, 6, 7]
        abandon(granted, BY_STORE)
        withdraw(granted, 6)
        after = (await ended(client, task_id))["result"]["structuredContent"]["rows"]
        assert after == [row for row in before if row[0] != 6]


async def test_a_grant_withdrawn_afterwards_takes_the_result_away(instance: Instance, granted: Database) -> None:
    async with instance.client("west-region") as client:
        task_id = await task_of(client, BY_STORE)
        await ended(client, task_id)
        withdraw(granted, 6)
        assert await refusal(client, task_id) == UNKNOWN


async def test_a_grant_withdrawn_meanwhile_keeps_the_result_from_being_written(
    instance: Instance, granted: Database
) -> None:
    slow = LONG.replace("200000", "200")
    async with instance.client("west-region") as client:
        task_id = await task_of(client, slow)
        await asyncio.to_thread(eventually, lambda: rows_at_work(granted) == 1, "the statement's start")
        withdraw(granted, 6)
        await asyncio.to_thread(eventually, lambda: rows_at_work(granted) == 0, "the statement's end")
        assert (await ask(client, "tasks/get", task_id))["status"] == "working"
        abandon(granted, BY_STORE)
        assert len((await ended(client, task_id))["result"]["structuredContent"]["rows"]) == 3


async def test_a_narrowed_call_does_not_get_what_a_wide_one_read(instance: Instance) -> None:
    async with instance.client("west-region") as client:
        task_id = await task_of(client, BY_STORE)
        await ended(client, task_id)
    async with instance.client(caller_of("west-region", KIRKLAND_STORE)) as client:
        assert await refusal(client, task_id) == UNKNOWN


async def test_a_narrowed_task_is_as_narrow_when_it_is_taken_over(instance: Instance, kept: Database) -> None:
    async with instance.client(caller_of("west-region", KIRKLAND_STORE)) as client:
        task_id = await task_of(client, BY_STORE)
        await ended(client, task_id)
    abandon(kept, BY_STORE)
    async with instance.client("west-region") as client:
        rows = (await ended(client, task_id))["result"]["structuredContent"]["rows"]
    assert [store for store, _ in rows] == [7]


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("principal", f"{KIRKLAND.tenant_id}/{KIRKLAND.object_id}"), ("token", KIRKLAND.token_id)],
)
async def test_a_task_whose_token_was_revoked_meanwhile_is_given_up(
    instance: Instance, start_instance: StartInstance, kept: Database, kind: str, subject: str
) -> None:
    async with instance.client(KIRKLAND) as client:
        task_id = await task_of(client, COUNT)
        await ended(client, task_id)
    await instance.end()
    abandon(kept, COUNT)
    with kept.as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO access.revocations (kind, subject, issued_before)"
            " VALUES (%s, %s, CASE %s WHEN 'principal' THEN to_timestamp(%s) END)",
            (kind, subject, kind, KIRKLAND.issued_at),
        )
    try:
        other = await start_instance(kept)
        async with other.client("kirkland") as client:
            told = await ended(client, task_id)
    finally:
        with kept.as_superuser() as superuser:
            superuser.execute("TRUNCATE access.revocations")
    assert told["status"] == "failed"
    assert "revoked" in told["error"]["message"]
