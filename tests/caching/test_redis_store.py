"""Redis as it is on bad days: nobody waits for it, nobody fails for it, and it is said once."""

import asyncio
import logging
import time

import pytest

from local.redis_server import RedisServer
from shared.caches.redis_store import FAILURES, MOST_AT_ONCE, OPEN_SECONDS, PATIENCE_SECONDS, SETTLE_SECONDS, RedisStore
from shared.components import Component
from shared.vault import Secret
from tests.caching.conftest import begun_store
from tests.clock import FakeClock

pytestmark = pytest.mark.anyio

ROOM = 1000
PAUSE = 0.3
"""Seconds that a busy machine may keep anybody from running; who did not give up would wait for WORK_SECONDS."""


async def left(store: RedisStore, redis: RedisServer, name: str, value: bytes, seconds: float = 30) -> None:
    """Put, and there."""
    store.put(name, value, seconds)
    with redis.client() as client:
        async with asyncio.timeout(5):
            while client.get(name) is None:
                await asyncio.sleep(0.001)


async def found(store: RedisStore, name: str) -> bytes:
    """As soon as it is."""
    async with asyncio.timeout(5):
        while (value := await store.get(name, ROOM)) is None:
            await asyncio.sleep(0.001)
    return value


async def longest_of(store: RedisStore, times: int) -> float:
    """Seconds that the slowest of so many reads took, none of which finds anything."""
    longest = 0.0
    for _ in range(times):
        began = time.monotonic()
        assert await store.get("name", ROOM) is None
        longest = max(longest, time.monotonic() - began)
    return longest


async def test_what_is_left_is_found_until_its_time_is_over(store: RedisStore, redis: RedisServer) -> None:
    assert await store.get("name", ROOM) is None
    await left(store, redis, "name", b"\0value\xff", seconds=30)
    assert await found(store, "name") == b"\0value\xff"
    with redis.client() as client:
        assert 29_000 < client.pttl("name") <= 30_000


async def test_what_is_larger_than_asked_for_is_not_taken(store: RedisStore, redis: RedisServer) -> None:
    with redis.client() as client:
        client.set("name", bytes(50_000_000))
    assert await store.get("name", ROOM) is None
    await left(store, redis, "other", bytes(ROOM))
    assert await found(store, "other") == bytes(ROOM)


async def test_before_the_client_is_loaded_nothing_is_found_and_nobody_waits() -> None:
    store = RedisStore(lambda _: pytest.fail("it was not begun"))
    store.put("name", b"value", 30)
    assert await longest_of(store, 10) < PATIENCE_SECONDS
    await store.close()


async def test_a_redis_that_hangs_is_waited_for_a_moment_and_then_left_alone(
    brisk_store: RedisStore,
    redis: RedisServer,
    component: Component,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    redis.freeze()
    assert await longest_of(brisk_store, FAILURES) < PATIENCE_SECONDS + PAUSE
    began = time.monotonic()
    await longest_of(brisk_store, 200)
    assert time.monotonic() - began < 10 * PATIENCE_SECONDS  # all of them together: none waits
    assert [record.message for record in caplog.records] == ["redis is down: TimeoutError"]
    assert component.state == "down"
    redis.go_on()
    clock.now += SETTLE_SECONDS
    await left(brisk_store, redis, "name", b"value")
    assert await found(brisk_store, "name") == b"value"
    assert component.report()["state"] == "up"


async def test_what_was_late_is_never_taken_for_the_answer_to_another_question(
    brisk_store: RedisStore, redis: RedisServer, clock: FakeClock
) -> None:
    for name in ("one", "two", "three"):
        await left(brisk_store, redis, name, name.encode())
    redis.freeze()
    assert [await brisk_store.get(name, ROOM) for name in ("one", "two", "three")] == [None] * 3
    redis.go_on()
    for _ in range(20):
        for name in ("three", "one", "two"):
            assert await brisk_store.get(name, ROOM) in (None, name.encode())
    clock.now += OPEN_SECONDS
    assert await found(brisk_store, "two") == b"two"


async def test_a_redis_that_ends_and_comes_back_is_used_again(
    brisk_store: RedisStore, redis: RedisServer, component: Component, clock: FakeClock
) -> None:
    redis.stop()
    assert await longest_of(brisk_store, 3 * FAILURES) < PATIENCE_SECONDS + PAUSE
    redis.start()
    async with asyncio.timeout(10):
        while component.state == "down":  # a probe that has to connect may be too slow; the next finds the connection
            clock.now += OPEN_SECONDS
            await brisk_store.get("name", ROOM)
    await left(brisk_store, redis, "name", b"value")
    assert await found(brisk_store, "name") == b"value"


async def test_a_full_redis_is_told_and_still_read(store: RedisStore, redis: RedisServer, component: Component) -> None:
    await left(store, redis, "name", b"value")
    with redis.client() as client:
        client.config_set("maxmemory", 1)
        client.config_set("maxmemory-policy", "noeviction")
    store.put("other", b"value", 30)
    async with asyncio.timeout(5):
        while component.last_error is None:
            await asyncio.sleep(0.001)
    assert component.last_error == "OutOfMemoryError"
    assert await found(store, "name") == b"value"


async def test_of_another_type_it_is_not_there(store: RedisStore, redis: RedisServer) -> None:
    with redis.client() as client:
        client.rpush("name", "value")
    assert await store.get("name", ROOM) is None


@pytest.mark.parametrize("secret", [Secret("redis-password", "wrong", "1"), Secret("another", "x", "1")])
async def test_without_the_password_it_is_down_and_nobody_fails(
    redis: RedisServer, component: Component, clock: FakeClock, secret: Secret, caplog: pytest.LogCaptureFixture
) -> None:
    store = await begun_store(redis.url, component, clock, secret)
    assert component.state == "down"
    assert component.last_error in ("AuthenticationError", "ResponseError")
    assert await longest_of(store, FAILURES) < PATIENCE_SECONDS + PAUSE
    assert "wrong" not in caplog.text
    await store.close()


@pytest.mark.parametrize(("vouched_for", "state"), [(True, "up"), (False, "down")])
async def test_over_tls_the_certificate_is_verified(
    redis: RedisServer,
    component: Component,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    vouched_for: bool,
    state: str,
) -> None:
    if vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(redis.certificate.certificate))
    store = await begun_store(redis.tls_url, component, clock)
    assert component.state == state
    await store.close()


async def test_so_many_at_once_and_no_more(brisk_store: RedisStore, redis: RedisServer) -> None:
    redis.freeze()
    began = time.monotonic()
    assert await asyncio.gather(*(brisk_store.get("name", ROOM) for _ in range(500))) == [None] * 500
    assert time.monotonic() - began < PATIENCE_SECONDS + 0.2
    assert len(brisk_store._under_way) <= MOST_AT_ONCE
