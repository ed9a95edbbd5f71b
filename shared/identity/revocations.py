"""Which tokens are refused though they are signed and have not expired: one list, read by all instances."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from shared.components import Component
from shared.database.connection import Connection
from shared.errors import Unauthenticated, Unavailable
from shared.identity.caller import Caller
from shared.last_good import Clock, Freshness, LastGood

FRESHNESS = Freshness(renewed_after=2, fresh_for=6, patience=2, usable_for=60, retry_gap=1)
"""An instance at work reads the list each two seconds behind its calls; one that was idle reads it before its first.

So a list is six seconds old at most, and older only while the database does not say: then the last one holds for a
minute, in which a server fails over. Behind that nobody is let in."""
CONNECT_SECONDS = 2.0
READ_SECONDS = 3.0
"""With a connection and all: as old a list may be that has just arrived."""

type Key = tuple[str, str]
"""The kind and the subject of an entry, as access.revocations has them."""


@dataclass(frozen=True)
class Revoked:
    """The list at one time."""

    version: int
    entries: Mapping[Key, float | None]
    """Tokens issued in that second of the epoch or before; None: whenever they were."""

    def has(self, caller: Caller) -> bool:
        """Whether the token of this caller is on the list."""
        return any(
            key in self.entries and ((before := self.entries[key]) is None or caller.issued_at <= before)
            for key in _keys_of(caller)
        )


class Revocations:
    """The list as one process knows it."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Connection],
        component: Component | None = None,
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        """pool: of the jobs' login. component: down while the list cannot be read."""
        self._pool = pool
        self._component = component or Component("revocations")
        self._read_last: Revoked | None = None
        self._lists = LastGood(self._read, FRESHNESS, name="the list of revoked tokens", clock=clock)

    def begin(self) -> None:
        """Read it meanwhile, so that the first call need not wait."""
        self._lists.begin()

    async def ensure_valid(self, caller: Caller) -> None:
        """Raises Unauthenticated where the token was revoked, Unavailable where nobody can say."""
        if (await self._lists.value()).has(caller):
            raise Unauthenticated("The token was revoked.")

    async def close(self) -> None:
        """Ends a reading that is under way."""
        await self._lists.close()

    async def _read(self) -> Revoked:
        try:
            async with asyncio.timeout(READ_SECONDS):
                try:
                    row = await self._news()
                except psycopg.OperationalError:  # the connection may have died while nobody called
                    row = await self._news()
        except (psycopg.Error, TimeoutError) as error:
            self._component.down(type(error).__name__)
            raise Unavailable(
                "Nobody can say at the moment whether the token was revoked.", "Try again shortly.", retry_after=5
            ) from error
        if row is not None:
            version, entries = row
            self._read_last = Revoked(version, {(kind, subject): before for kind, subject, before in entries})
        if self._read_last is None:
            raise Unavailable("The list of revoked tokens has no version.", "Tell an administrator.", retry_after=60)
        self._component.up()
        return self._read_last

    async def _news(self) -> tuple[Any, ...] | None:
        """Version and entries, None where they are those that are known."""
        known = self._read_last.version if self._read_last else None
        async with self._pool.connection(timeout=CONNECT_SECONDS) as connection:
            cursor = await connection.execute("SELECT * FROM access.revocations_unless(%s)", (known,))
            return await cursor.fetchone()


def principal_subject(tenant_id: object, object_id: object) -> str:
    """As the entry of a principal names it."""
    return f"{tenant_id}/{object_id}"


def _keys_of(caller: Caller) -> list[Key]:
    keys = [
        ("principal", principal_subject(caller.tenant_id, caller.object_id)),
        ("client", caller.client_id.lower()),
    ]
    return keys if caller.token_id is None else [*keys, ("token", caller.token_id)]
