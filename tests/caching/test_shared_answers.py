"""Answers that instances share: sealed for whom they are, and refused where anybody touched them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from local.redis_server import RedisServer
from shared.caches.kept_answers import KEPT_SECONDS, KeptAnswers
from shared.caches.redis_store import FAILURES, PATIENCE_SECONDS
from shared.caches.shared_answers import CLOCKS_SECONDS, SharedAnswers
from shared.components import Component
from shared.identity.caller import Caller
from shared.vault import Secret, Vault
from tests.caching.conftest import begun_store
from tests.caching.counting import CountedInvocations, counted_door
from tests.clock import FakeClock
from tests.conftest import CURSOR_KEY, Database, KeptSecrets, caller_of

pytestmark = pytest.mark.anyio

KIRKLAND, WEST = caller_of("kirkland"), caller_of("west-region")
ORDERS = "SELECT count(*) FROM retail.orders"
OTHER_KEY = Secret("cursor-signing-key", "b3RoZXItY3Vyc29yLWtleS1mb3ItdGVzdHMtMDEyMzQ=", "test-key-2")


class Instances:
    """Of one deployment, each with memory and store of its own."""

    def __init__(self, door: CountedInvocations, redis: RedisServer, component: Component, clock: FakeClock) -> None:
        self.door = door
        self.clock = clock
        self._redis = redis
        self._component = component
        self._stack = AsyncExitStack()

    async def another(
        self, *, key: Secret = CURSOR_KEY, database: str = "db:5432/zava", slow: float = 0, patience: float = 1.0
    ) -> KeptAnswers:
        """slow: how many seconds its clock is behind."""
        store = await begun_store(self._redis.url, self._component, self.clock, patience=patience)
        self._stack.push_async_callback(store.close)
        vault = Vault(KeptSecrets(key))
        shared = SharedAnswers(
            store, vault, database, key_seconds=patience, clock=lambda: 1_800_000_000 + self.clock.now - slow
        )
        return KeptAnswers(self.door, self.clock, shared=shared)

    async def close(self) -> None:
        await self._stack.aclose()


@asynccontextmanager
async def instances_over(
    app_url: str, redis: RedisServer, component: Component, clock: FakeClock
) -> AsyncIterator[Instances]:
    async with counted_door(app_url) as door:
        instances = Instances(door, redis, component, clock)
        yield instances
        await instances.close()


@pytest.fixture
async def instances(
    sample: Database, redis: RedisServer, component: Component, clock: FakeClock
) -> AsyncIterator[Instances]:
    async with instances_over(sample.app_url, redis, component, clock) as instances:
        yield instances


async def orders(answers: KeptAnswers, caller: Caller = KIRKLAND) -> int:
    return int(str((await answers.read(caller, ORDERS, max_rows=1)).rows[0][0]))


async def kept(redis: RedisServer, entries: int) -> list[bytes]:
    """The names of what lies there, as soon as there are so many."""
    with redis.client() as client:
        async with asyncio.timeout(5):
            while len(names := client.keys()) < entries:
                await asyncio.sleep(0.001)
        return sorted(names)


async def test_an_answer_that_one_instance_has_another_need_not_ask_for(
    instances: Instances, redis: RedisServer
) -> None:
    first = await orders(await instances.another())
    await kept(redis, 1)
    assert await orders(await instances.another()) == first
    assert instances.door.readings == 1


async def test_two_principals_and_two_narrowings_never_share(instances: Instances, redis: RedisServer) -> None:
    one, two = await instances.another(), await instances.another()
    stores = "SELECT rls_user_id FROM retail.stores WHERE store_id = 7"
    kirkland = UUID(str((await instances.door.read(WEST, stores, max_rows=1)).rows[0][0]))
    callers = [KIRKLAND, WEST, WEST.narrowed_to(kirkland), caller_of("nobody")]
    told = [await orders(one, caller) for caller in callers]
    assert len(await kept(redis, 4)) == 4
    assert [await orders(two, caller) for caller in callers] == told
    assert told[0] == told[2] < told[1]
    assert told[3] == 0


async def test_what_lies_there_tells_nothing(instances: Instances, redis: RedisServer) -> None:
    answer = await (await instances.another()).read(KIRKLAND, "SELECT 'a figure of a customer'", max_rows=1)
    assert "a figure of a customer" in str(answer.rows)
    (name,) = await kept(redis, 1)
    with redis.client() as client:
        value = client.get(name)
    for told in (b"figure", str(KIRKLAND.principal_id).encode(), KIRKLAND.principal_id.bytes, b"columns"):
        assert told not in name + bytes(value)


@pytest.mark.parametrize("touch", ["flip", "swap", "replace", "shorten", "empty"])
async def test_what_was_touched_is_refused_and_asked_anew(
    instances: Instances, redis: RedisServer, component: Component, touch: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    one, two = await instances.another(), await instances.another()
    told = await orders(one, KIRKLAND), await orders(one, WEST)
    names = await kept(redis, 2)
    with redis.client() as client:
        values = [client.get(name) for name in names]
        for name, value, other in zip(names, values, reversed(values), strict=True):
            poisoned = {
                "flip": value[:-5] + bytes([value[-5] ^ 1]) + value[-4:],
                "swap": other,
                "replace": b'[[["count", "bigint"]], [[1000000]], false, true]',
                "shorten": value[:20],
                "empty": b"\0",
            }[touch]
            client.set(name, poisoned)
    assert (await orders(two, KIRKLAND), await orders(two, WEST)) == told
    assert instances.door.readings == 4
    assert component.last_error == "ForeignValue"
    assert len([record for record in caplog.records if record.name == "shared.components"]) == 1


async def test_an_old_answer_that_is_brought_back_is_refused(
    instances: Instances, redis: RedisServer, clock: FakeClock
) -> None:
    await orders(await instances.another())
    (name,) = await kept(redis, 1)
    with redis.client() as client:
        client.persist(name)
    clock.now += KEPT_SECONDS - 1
    young = await instances.another()
    await orders(young)
    assert instances.door.readings == 1
    clock.now += 1
    await orders(young)  # which had it from the other, and counts from when that one asked
    assert instances.door.readings == 2


async def test_the_answer_of_a_clock_that_is_far_ahead_is_not_taken(instances: Instances, redis: RedisServer) -> None:
    await orders(await instances.another())
    await kept(redis, 1)
    await orders(await instances.another(slow=CLOCKS_SECONDS / 2))
    assert instances.door.readings == 1
    await orders(await instances.another(slow=2 * CLOCKS_SECONDS))
    assert instances.door.readings == 2


@pytest.mark.parametrize("differs", [{"key": OTHER_KEY}, {"database": "db:5432/staging"}])
async def test_instances_of_another_vault_or_database_share_nothing(
    instances: Instances, redis: RedisServer, differs: dict[str, Any]
) -> None:
    await orders(await instances.another())
    await kept(redis, 1)
    await orders(await instances.another(**differs))
    assert instances.door.readings == 2


async def test_a_revoked_grant_is_noticed_by_all_instances_in_time(
    database: Database, redis: RedisServer, component: Component, clock: FakeClock
) -> None:
    async with instances_over(database.app_url, redis, component, clock) as instances:
        one, two = await instances.another(), await instances.another()
        assert await orders(one) > 0
        await kept(redis, 1)
        with database.as_superuser() as superuser:
            superuser.execute("DELETE FROM access.store_grants WHERE principal_id = %s", (KIRKLAND.principal_id,))
        clock.now += KEPT_SECONDS - 1
        assert await orders(two) > 0
        clock.now += 1
        assert [await orders(one), await orders(two)] == [0, 0]


async def test_without_the_key_answers_come_from_the_database(instances: Instances, redis: RedisServer) -> None:
    keyless = await instances.another(key=Secret("another", "x", "1"))
    assert await orders(keyless) > 0
    with redis.client() as client:
        assert client.keys() == []


async def test_a_redis_that_hangs_keeps_no_answer_from_anybody(
    instances: Instances, redis: RedisServer, component: Component
) -> None:
    answers = await instances.another(patience=PATIENCE_SECONDS)
    redis.freeze()
    loop = asyncio.get_running_loop()
    for number in range(3 * FAILURES):
        began = loop.time()
        answer = await answers.read(KIRKLAND, f"SELECT {number}", max_rows=1)
        assert answer.rows == [[number]]
        assert loop.time() - began < PATIENCE_SECONDS + 0.5
    assert component.state == "down"
