"""How long things took, as a histogram: quantiles within one per cent, in memory that does not grow."""

import math
from collections import Counter
from collections.abc import Iterable

_GROWTH = math.log(1.02)
"""Of a bucket's bound to the next: its middle is within one per cent of all that is in it, as in DDSketch
(Masson, Rim, Lee, VLDB 2019)."""
_LEAST, _MOST = 1e-5, 1e4
"""Seconds; what is beyond counts as one of them, so there are some thousand buckets at most."""


class Durations:
    """In seconds."""

    __slots__ = ("_counts", "count")

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.count = 0

    @classmethod
    def together(cls, several: Iterable["Durations"]) -> "Durations":
        """All of them in a new one."""
        made = cls()
        for each in several:
            made._counts.update(each._counts)
            made.count += each.count
        return made

    def add(self, seconds: float) -> None:
        """One more."""
        self._counts[math.floor(math.log(min(max(seconds, _LEAST), _MOST)) / _GROWTH)] += 1
        self.count += 1

    def quantile(self, share: float) -> float | None:
        """By nearest rank; None where there is no value. share: above 0, 1 at most."""
        rank = math.ceil(share * self.count)
        for bucket in sorted(self._counts):
            rank -= self._counts[bucket]
            if rank <= 0:
                return math.exp((bucket + 0.5) * _GROWTH)
        return None

    @property
    def buckets(self) -> int:
        """How many are in use."""
        return len(self._counts)
