"""Bytes that were dear to get, kept for a while: bounded, read once for all who wait, and never a failure."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any

from cachetools import TLRUCache

from shared.last_good import Clock

ENTRY_BYTES = 1024
"""What an entry counts beside its value, so that a bound on bytes bounds the number of entries, too."""


type Read = Callable[[], Coroutine[Any, Any, Entry]]


@dataclass(frozen=True)
class Entry:
    """A value, and until when by the cache's clock it is given to who asks."""

    value: bytes
    until: float


@dataclass
class _Reading:
    task: asyncio.Task[Entry]
    askers: int = 0


class Cache[K: Hashable]:
    """Of one event loop. The least used goes first where there is no room."""

    def __init__(self, max_bytes: int, clock: Clock = time.monotonic) -> None:
        self._kept: TLRUCache[K, Entry] = TLRUCache(
            max_bytes,
            ttu=lambda _key, entry, _now: entry.until,
            timer=clock,
            getsizeof=lambda entry: ENTRY_BYTES + len(entry.value),
        )
        self._readings: dict[K, _Reading] = {}

    @property
    def size(self) -> int:
        """Bytes that are kept, with ENTRY_BYTES for each value."""
        return int(self._kept.currsize)

    async def value(self, key: K, read: Read) -> bytes:
        """The value of the key, read where none is kept; raises what the reading raises.

        Who asks while it is read waits for the same reading. It ends when the last of them goes away.
        """
        if (entry := self._kept.get(key)) is not None:
            return entry.value
        reading = self._readings.get(key) or self._begin(key, read)
        reading.askers += 1
        try:
            await asyncio.wait({reading.task})
        finally:
            reading.askers -= 1
            if not reading.askers and self._readings.get(key) is reading:
                del self._readings[key]
                reading.task.cancel()
        return reading.task.result().value

    async def close(self) -> None:
        """Ends what is under way."""
        tasks = [reading.task for reading in self._readings.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _begin(self, key: K, read: Read) -> _Reading:
        # A task of its own: who goes away does not take the value from the others.
        reading = self._readings[key] = _Reading(asyncio.create_task(read()))

        def ended(task: asyncio.Task[Entry]) -> None:
            if self._readings.get(key) is reading:
                del self._readings[key]
            if not task.cancelled() and task.exception() is None:
                self._keep(key, task.result())

        reading.task.add_done_callback(ended)
        return reading

    def _keep(self, key: K, entry: Entry) -> None:
        if ENTRY_BYTES + len(entry.value) <= self._kept.maxsize:
            self._kept[key] = entry
