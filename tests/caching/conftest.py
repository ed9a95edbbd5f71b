"""Instances that share a Redis."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from local.redis_server import RedisMissing, RedisServer, running_redis
from shared.caches.redis_client import open_client
from shared.caches.redis_store import PATIENCE_SECONDS, SETTLE_SECONDS, WORK_SECONDS, RedisStore
from shared.components import Component
from shared.vault import Secret, Vault
from tests.clock import FakeClock
from tests.conftest import KeptSecrets

PASSWORD = "a password of the tests' own"


@pytest.fixture(scope="session")
def one_redis() -> Iterator[RedisServer]:
    try:
        with running_redis(PASSWORD) as server:
            yield server
    except RedisMissing as missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))


@pytest.fixture
def redis(one_redis: RedisServer) -> RedisServer:
    """Empty, awake and unbounded."""
    if one_redis.process is None or one_redis.process.poll() is not None:
        one_redis.start()
    one_redis.go_on()
    with one_redis.client() as client:
        client.flushall()
        client.config_resetstat()
        client.config_set("maxmemory", 0)
    return one_redis


@pytest.fixture
def component(clock: FakeClock) -> Component:
    return Component("redis", settle=SETTLE_SECONDS, clock=clock)


@pytest.fixture
async def store(redis: RedisServer, component: Component, clock: FakeClock) -> AsyncIterator[RedisStore]:
    store = await begun_store(redis.url, component, clock)
    yield store
    await store.close()


@pytest.fixture
async def brisk_store(redis: RedisServer, component: Component, clock: FakeClock) -> AsyncIterator[RedisStore]:
    """As the product has it."""
    store = await begun_store(redis.url, component, clock, patience=PATIENCE_SECONDS)
    yield store
    await store.close()


async def begun_store(
    url: str, component: Component, clock: FakeClock, *secrets: Secret, patience: float = 1.0
) -> RedisStore:
    """One that has tried its connection. On a machine that is busy with others an answer may take its time."""
    vault = Vault(KeptSecrets(*(secrets or (Secret("redis-password", PASSWORD, "1"),))))

    def opened(stack: AsyncExitStack) -> Redis:
        return open_client(url, vault, None, stack, WORK_SECONDS)

    store = RedisStore(opened, patience=patience, component=component, clock=clock)
    await store.begin()
    return store
