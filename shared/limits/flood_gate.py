"""How many requests of a principal an instance reads at all, whatever they ask for: beyond that, HTTP 429.

Far above the allowance (allowances.py), whose end a model is told in words: clients of MCP give up on a 429.
"""

import math
import time
from uuid import UUID

from shared.errors import RateLimited
from shared.last_good import Clock
from shared.limits.buckets import Buckets

FACTOR = 2
"""Requests to one instance, for each unit of the allowance."""


class FloodGate:
    """Counts the requests to one instance."""

    def __init__(self, rate: float, burst: float, *, clock: Clock = time.monotonic) -> None:
        """rate, burst: of the allowance."""
        self._buckets = Buckets(FACTOR * rate, FACTOR * burst, clock=clock)

    def enter(self, principal_id: UUID) -> None:
        """Raises RateLimited where there were too many."""
        granted, left = self._buckets.draw(principal_id, wanted=1)
        if not granted:
            raise RateLimited(
                "You send more requests than one client needs.",
                "Wait, then send fewer.",
                retry_after=math.ceil((1 - left) / self._buckets.rate),
            )
