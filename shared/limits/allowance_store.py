"""Allowances as rows of ops.allowances: settled and drawn for many principals in one statement, on the jobs' login."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from shared.database.connection import Connection
from shared.database.queries import named_queries
from shared.errors import Unavailable

CONNECT_SECONDS = 1.0


class Request(NamedTuple):
    """What an instance asks for one principal, in units."""

    principal_id: UUID
    owed: float
    """Spent beyond what was granted: taken away whatever there is."""
    wanted: float


@dataclass(frozen=True)
class Grant:
    """What one principal is given."""

    units: float
    """At most what was wanted."""
    left: float
    """In the bucket; below zero what the principal owes."""


class AllowanceStore:
    """The allowances that all instances share. Every method raises Unavailable, and nothing else."""

    def __init__(self, pool: AsyncConnectionPool[Connection], rate: float, burst: float) -> None:
        """pool: of the jobs' login. rate, burst: units a second, and at most."""
        self._pool = pool
        self._rate = {"rate": float(rate), "burst": float(burst)}

    async def draw(self, requests: Sequence[Request]) -> dict[UUID, Grant]:
        """A grant for each principal, which is named once."""
        principal_ids, owed, wanted = (list(column) for column in zip(*requests, strict=True))
        rows = await self._rows("draw", principal_ids=principal_ids, owed=owed, wanted=wanted)
        return {principal_id: Grant(granted, left) for principal_id, granted, left in rows}

    async def forget(self) -> None:
        """Leave out those whose allowance is full by now."""
        await self._rows("forget")

    async def _rows(self, query: str, **parameters: object) -> list[tuple[UUID, float, float]]:
        try:
            async with self._pool.connection(timeout=CONNECT_SECONDS) as connection:
                cursor = await connection.execute(named_queries("allowances")[query], parameters | self._rate)
                return await cursor.fetchall()
        except psycopg.Error as error:  # PoolTimeout is one
            raise Unavailable("The shared limits cannot be asked.", "Try again shortly.", retry_after=5) from error
