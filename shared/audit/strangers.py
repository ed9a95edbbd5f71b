"""Requests without an identity, of which the trail keeps so many and counts the others: they must not fill it."""

import time
from collections import Counter
from collections.abc import Callable

A_MINUTE = 30
"""Rows of their own, of one instance."""
WINDOW_SECONDS = 60.0


class Strangers:
    """What one instance has seen of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._window_ends = 0.0
        self._rows = 0
        self._counted: Counter[str] = Counter()

    def has_row(self, outcome: str) -> bool:
        """Whether a request that ended so gets a row of its own; otherwise it is counted."""
        if self._clock() >= self._window_ends:
            self._window_ends, self._rows = self._clock() + WINDOW_SECONDS, 0
        if self._rows < A_MINUTE:
            self._rows += 1
            return True
        self._counted[outcome] += 1
        return False

    def counted(self, *, at_once: bool = False) -> dict[str, int]:
        """How many there were beside those, by outcome, since this was asked; nothing before the minute is over."""
        if not self._counted or not (at_once or self._clock() >= self._window_ends):
            return {}
        counted, self._counted = dict(self._counted), Counter()
        return counted
