"""Token buckets of one process, one for each principal: what ops.draw_allowances() is for all processes together."""

import time
from uuid import UUID

from cachetools import LRUCache

from shared.last_good import Clock

MOST = 10_000
"""Principals that are remembered. Who is forgotten begins with a full bucket."""


class Buckets:
    """Each holds `burst` units and is filled by `rate` a second. Who owes finds less than nothing in it."""

    def __init__(self, rate: float, burst: float, *, clock: Clock = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._kept: LRUCache[UUID, tuple[float, float]] = LRUCache(MOST)

    def draw(self, principal_id: UUID, *, owed: float = 0.0, wanted: float) -> tuple[float, float]:
        """Granted, whole units of what is wanted, and left; what is owed is taken whatever there is."""
        now = self._clock()
        units, filled_at = self._kept.get(principal_id, (self.burst, now))
        left = min(self.burst, units + self.rate * (now - filled_at)) - owed
        granted = max(0.0, min(wanted, left)) // 1
        self._kept[principal_id] = left - granted, now
        return granted, left - granted
