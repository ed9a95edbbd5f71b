"""Whether this instance can answer: asked by load balancers, by anybody, and over connections of its own.

Callers who take all connections do not make it look down, and probes, however many, take none from callers.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Literal

from psycopg_pool import AsyncConnectionPool

from shared.components import Component
from shared.database.connection import Connection
from shared.errors import Unavailable
from shared.isolation.gate import Isolation
from shared.version import VERSION

CLOCK_SECONDS = 10.0
"""What the clocks of instance and database may differ by, with half of the time that it took to ask. Signed contexts
expire by the database's."""
CHECK_SECONDS = 1.2
"""A probe that waits longer has its answer: not ready."""


@dataclass(frozen=True)
class Readiness:
    """The state of what a call needs."""

    database: bool
    isolation: Literal["proven", "failed", "unknown"]

    @property
    def ready(self) -> bool:
        """True when a call can be answered."""
        return self.database and self.isolation == "proven"

    def report(self) -> dict[str, object]:
        """What anybody may know: no address, no error text."""
        return {
            "status": "ready" if self.ready else "unavailable",
            "version": VERSION,
            "components": {"database": "up" if self.database else "down", "isolation": self.isolation},
        }


DOWN = Readiness(database=False, isolation="unknown")


class Probes:
    """Of one instance. pool: the probes' own. One check is under way at a time, for all who ask meanwhile."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Connection],
        isolation: Isolation,
        database: Component | None = None,
        clocks: Component | None = None,
    ) -> None:
        self._pool = pool
        self._isolation = isolation
        self._database = database or Component("database")
        self._clocks = clocks or Component("clock")
        self._check: asyncio.Task[Readiness] | None = None

    async def readiness(self) -> Readiness:
        """Answers within CHECK_SECONDS, also when the database hangs rather than refuses."""
        check = self._check
        if check is None or check.done():
            check = self._check = asyncio.create_task(self._state())
        # Not wait_for: cancelling a query waits for the server that does not answer.
        done, _ = await asyncio.wait({check}, timeout=CHECK_SECONDS)
        if not done:
            self._database.down("Timeout")
            check.cancel()
        return check.result() if done and not check.cancelled() else DOWN

    async def close(self) -> None:
        """Ends what is under way."""
        if self._check is not None:
            self._check.cancel()
            await asyncio.wait({self._check})

    async def _state(self) -> Readiness:
        if not await self._database_answers():
            return DOWN
        try:
            attestation = await self._isolation.attestation()
        except Unavailable:
            return Readiness(database=True, isolation="unknown")
        return Readiness(database=True, isolation="proven" if attestation.holds else "failed")

    async def _database_answers(self) -> bool:
        try:
            async with self._pool.connection(timeout=CHECK_SECONDS) as connection:
                asked_at = time.time()
                cursor = await connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
                [(its_time,)] = await cursor.fetchall()
                self._compare(its_time, asked_at, time.time())
        except Exception as error:  # whatever it is, the database did not answer
            self._database.down(type(error).__name__)
            return False
        self._database.up()
        return True

    def _compare(self, its_time: float, asked_at: float, answered_at: float) -> None:
        behind = its_time - (asked_at + answered_at) / 2
        if abs(behind) <= CLOCK_SECONDS + abs(answered_at - asked_at) / 2:
            self._clocks.up()
        else:
            self._clocks.down("BehindDatabase" if behind > 0 else "AheadOfDatabase")
