"""Databases that restart, fail over, or stay away: what calls notice of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from shared.errors import Unavailable
from shared.invocation import Invocations
from tests.conftest import Database, caller_of, open_invocations
from tests.invocation.wire import Wire, wire_to

pytestmark = pytest.mark.anyio

COUNT = "SELECT count(*) FROM retail.orders"
ORDERS = {"kirkland": 2975, "seattle": 54995, "nobody": 0}
POOL_SIZE = 4
SLEEPING = (
    "SELECT pid FROM pg_stat_activity WHERE usename = 'zava_app' AND datname = current_database()"
    " AND wait_event = 'PgSleep'"
)


@asynccontextmanager
async def wired(database: Database) -> AsyncIterator[tuple[Wire, Invocations]]:
    async with (
        wire_to(database.app_url) as wire,
        open_invocations(wire.url(database.app_url), pool_size=POOL_SIZE) as door,
    ):
        assert await orders_of(door, "kirkland") == ORDERS["kirkland"]
        yield wire, door


async def orders_of(door: Invocations, name: str) -> object:
    return (await door.read(caller_of(name), COUNT, max_rows=1)).rows[0][0]


class Callers:
    """Ask without a pause until they are told to stop; their first error ends them."""

    def __init__(self, door: Invocations) -> None:
        self._door = door
        self._stopped = False
        self.answers = 0
        self.longest = 0.0

    async def run(self, name: str) -> None:
        while not self._stopped:
            began = time.monotonic()
            assert await orders_of(self._door, name) == ORDERS[name]
            self.answers += 1
            self.longest = max(self.longest, time.monotonic() - began)
            await asyncio.sleep(0.01)

    async def have(self, answers: int) -> None:
        """Once there are so many, however slow the machine."""
        async with asyncio.timeout(60):
            while self.answers < answers:
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        self._stopped = True


@asynccontextmanager
async def calling(door: Invocations) -> AsyncIterator[Callers]:
    callers = Callers(door)
    async with asyncio.TaskGroup() as group:
        for name in ORDERS:
            group.create_task(callers.run(name))
        yield callers
        callers.stop()


async def test_a_restart_of_seconds_costs_no_answer(sample: Database) -> None:
    async with wired(sample) as (wire, door), calling(door) as callers:
        await callers.have(len(ORDERS))
        wire.take_down()
        await asyncio.sleep(2.5)
        wire.take_up()
        await callers.have(callers.answers + 20)
    assert callers.longest < 5


async def test_server_processes_that_end_all_the_time_cost_no_answer(database: Database) -> None:
    ended = rounds = 0
    async with (
        await psycopg.AsyncConnection.connect(database.superuser_url, autocommit=True) as superuser,
        open_invocations(database.app_url, pool_size=POOL_SIZE) as door,
        calling(door) as callers,
    ):
        while rounds < 16 or ended <= 10:
            found = await superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zava_app'"
                " AND datname = current_database()"
            )
            ended += len(await found.fetchall())
            rounds += 1
            await asyncio.sleep(0.25)
        await callers.have(21)


async def test_a_long_outage_is_said_soon_and_is_over_soon(sample: Database) -> None:
    async with wired(sample) as (wire, door):
        wire.take_down()
        down_until = time.monotonic() + 9
        while time.monotonic() < down_until:
            began = time.monotonic()
            with pytest.raises(Unavailable, match="cannot be reached") as fault:
                await orders_of(door, "kirkland")
            assert time.monotonic() - began < 7
            assert fault.value.retry_after > 0
        wire.take_up()
        began = time.monotonic()
        assert await orders_of(door, "kirkland") == ORDERS["kirkland"]
        assert time.monotonic() - began < 2.5


async def test_a_pool_that_is_all_taken_is_another_matter(sample: Database) -> None:
    """The slow call takes longer than the other one waits, and has the connection before that begins to."""
    async with (
        open_invocations(sample.app_url, pool_size=1) as door,
        await psycopg.AsyncConnection.connect(sample.superuser_url, autocommit=True) as superuser,
    ):
        slow = asyncio.create_task(door.read(caller_of("kirkland"), "SELECT pg_sleep(9)", max_rows=1))
        async with asyncio.timeout(30):
            while not await (await superuser.execute(SLEEPING)).fetchall():
                await asyncio.sleep(0.02)
        with pytest.raises(Unavailable, match="No database connection is free") as fault:
            await orders_of(door, "seattle")
        assert fault.value.retry_after > 0
        slow.cancel()
        await asyncio.wait({slow})
