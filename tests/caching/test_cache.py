"""What is kept: for how long, how much of it, and asked for once by all who wait."""

import asyncio

import pytest

from shared.caches.cache import ENTRY_BYTES, Cache, Entry
from tests.clock import FakeClock

pytestmark = pytest.mark.anyio

LONG = 1e9


class Source:
    """Counts how often it is read. A reading waits until it is let go."""

    def __init__(self, value: bytes = b"value", until: float = LONG) -> None:
        self.readings = 0
        self.ended = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._entry = Entry(value, until)

    async def read(self) -> Entry:
        self.readings += 1
        try:
            await self.go_on.wait()
        finally:
            self.ended += 1
        return self._entry


async def failing() -> Entry:
    raise OSError("down")


async def begun(*askers: "asyncio.Task[bytes]") -> None:
    """Until each of them waits."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(asker.done() for asker in askers)


async def test_a_value_is_read_once_and_again_when_its_time_is_over(clock: FakeClock) -> None:
    cache, source = Cache[str](100_000, clock), Source(until=clock.now + 30)
    for seconds, readings in ((0, 1), (29.9, 1), (0.1, 2)):
        clock.now += seconds
        assert await cache.value("key", source.read) == b"value"
        assert source.readings == readings


async def test_a_value_whose_time_was_over_when_it_came_is_given_and_not_kept(clock: FakeClock) -> None:
    cache, source = Cache[str](100_000, clock), Source(until=clock.now)
    for readings in (1, 2):
        assert await cache.value("key", source.read) == b"value"
        assert source.readings == readings


async def test_bytes_are_bounded_and_the_least_used_goes_first() -> None:
    cache, source = Cache[int](3 * (ENTRY_BYTES + 1000)), Source(bytes(1000))
    for key in (1, 2, 3, 1, 4, 1, 3, 4):
        await cache.value(key, source.read)
        assert cache.size <= 3 * (ENTRY_BYTES + 1000)
    assert source.readings == 4
    await cache.value(2, source.read)
    assert source.readings == 5


async def test_entries_are_bounded_however_small_they_are() -> None:
    cache, source = Cache[int](10 * ENTRY_BYTES), Source(b"")
    for key in range(1000):
        await cache.value(key, source.read)
    assert cache.size <= 10 * ENTRY_BYTES


async def test_what_is_larger_than_all_of_it_is_given_and_not_kept() -> None:
    cache, small, large = Cache[str](10_000), Source(), Source(bytes(10_000))
    await cache.value("small", small.read)
    for _ in range(2):
        assert len(await cache.value("large", large.read)) == 10_000
    await cache.value("small", small.read)
    assert (small.readings, large.readings) == (1, 2)


async def test_a_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    cache, source = Cache[str](100_000), Source()
    answers = await asyncio.gather(*(cache.value("key", failing) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(answer, OSError) for answer in answers)
    assert await cache.value("key", source.read) == b"value"


async def test_equal_questions_at_the_same_time_are_one_reading_and_others_are_not() -> None:
    cache, source = Cache[str](100_000), Source()
    source.go_on.clear()
    asking = [asyncio.create_task(cache.value(key, source.read)) for key in ("one", "one", "one", "two")]
    await begun(*asking)
    assert source.readings == 2
    source.go_on.set()
    assert await asyncio.gather(*asking) == [b"value"] * 4


async def test_who_goes_away_takes_the_value_from_nobody() -> None:
    cache, source = Cache[str](100_000), Source()
    source.go_on.clear()
    leaving, staying = (asyncio.create_task(cache.value("key", source.read)) for _ in range(2))
    await begun(leaving, staying)
    leaving.cancel()
    await asyncio.wait({leaving})
    source.go_on.set()
    assert await staying == b"value"
    assert (leaving.cancelled(), source.readings) == (True, 1)


async def test_a_reading_that_nobody_waits_for_ends_and_who_comes_then_has_another() -> None:
    cache, source = Cache[str](100_000), Source()
    source.go_on.clear()
    leaving = asyncio.create_task(cache.value("key", source.read))
    await begun(leaving)
    leaving.cancel()
    coming = asyncio.create_task(cache.value("key", source.read))
    await begun(coming)
    assert (source.readings, source.ended) == (2, 1)
    source.go_on.set()
    assert await coming == b"value"


async def test_closing_ends_what_is_under_way() -> None:
    cache, source = Cache[str](100_000), Source()
    source.go_on.clear()
    asking = asyncio.create_task(cache.value("key", source.read))
    await begun(asking)
    await cache.close()
    await asyncio.wait({asking})
    assert (asking.cancelled(), source.ended) == (True, 1)
