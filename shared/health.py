"""Whether this instance can answer: asked by load balancers and by people."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Literal

from psycopg_pool import AsyncConnectionPool

from shared.connection import Connection
from shared.errors import Unavailable
from shared.isolation import Isolation
from shared.version import VERSION

log = logging.getLogger(__name__)

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


async def readiness(pool: AsyncConnectionPool[Connection], isolation: Isolation) -> Readiness:
    """Answers within CHECK_SECONDS, also when the database hangs rather than refuses."""
    check = asyncio.create_task(_state(pool, isolation))
    # Not wait_for: cancelling a query waits for the server that does not answer.
    done, _ = await asyncio.wait({check}, timeout=CHECK_SECONDS)
    if not done:
        check.cancel()
    return check.result() if done else DOWN


async def _state(pool: AsyncConnectionPool[Connection], isolation: Isolation) -> Readiness:
    if not await _database_answers(pool):
        return DOWN
    try:
        attestation = await isolation.attestation()
    except Unavailable:
        return Readiness(database=True, isolation="unknown")
    return Readiness(database=True, isolation="proven" if attestation.holds else "failed")


async def _database_answers(pool: AsyncConnectionPool[Connection]) -> bool:
    try:
        async with pool.connection(timeout=CHECK_SECONDS) as connection:
            await connection.execute("SELECT 1")
    except Exception as error:  # whatever it is, the database did not answer
        log.warning("database check failed: %s", type(error).__name__)
        return False
    return True
