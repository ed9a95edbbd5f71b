"""How many calls may be under way at once: of one principal, so that nobody fills the pool, and of the instance."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from shared.errors import RateLimited
from shared.telemetry.call_record import timed

PRINCIPAL_CALLS = 4
"""Of one principal at work at once."""
PRINCIPAL_WAITING = 32
"""More of one principal, waiting for their turn."""
INSTANCE_CALLS = 256
"""Of everybody, at work or waiting."""
WAIT_SECONDS = 5.0
"""How long a call waits for its turn."""


class Admission:
    """Lets calls in, one after the other where there are many."""

    def __init__(self) -> None:
        self._present: Counter[UUID] = Counter()
        self._turns: dict[UUID, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def turn(self, principal_id: UUID) -> AsyncIterator[None]:
        """A turn of this principal's; raises RateLimited where there is none to be had."""
        if self._present.total() >= INSTANCE_CALLS:
            raise RateLimited("The server is busy.", "Try again shortly.", retry_after=2)
        if self._present[principal_id] >= PRINCIPAL_CALLS + PRINCIPAL_WAITING:
            raise _too_many()
        self._present[principal_id] += 1
        turns = self._turns.setdefault(principal_id, asyncio.Semaphore(PRINCIPAL_CALLS))
        try:
            try:
                if turns.locked():
                    with timed("queue"):
                        await asyncio.wait_for(turns.acquire(), WAIT_SECONDS)
                else:
                    await turns.acquire()  # at once
            except TimeoutError as error:
                raise _too_many() from error
            try:
                yield
            finally:
                turns.release()
        finally:
            self._present[principal_id] -= 1
            if not self._present[principal_id]:
                del self._present[principal_id], self._turns[principal_id]


def _too_many() -> RateLimited:
    return RateLimited(
        f"You have too many calls under way; {PRINCIPAL_CALLS} run at once and the others wait.",
        "Wait for their answers, then call again.",
        retry_after=5,
    )
