"""The embeddings of all products and the queue of those to be made, on the jobs' login."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import errors
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from shared.database.connection import Connection
from shared.database.queries import named_queries
from shared.database.vectors import Vector

LEASE = timedelta(minutes=2)
"""How long what a worker has claimed is its own; it embeds and stores within that, or somebody else does."""
KEPT = timedelta(days=1)
"""How long embeddings of a model are kept that is not served any more."""
GIVE_WAY = "100ms"
"""How long a worker waits for a lock; a tenth of PostgreSQL's own deadlock_timeout."""
_IN_THE_WAY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.ForeignKeyViolation)
"""A product is being written, or is gone."""

NOTHING_SERVED = "unknown"
"""What access.served_model() says before the first embedding."""


@dataclass(frozen=True)
class Claim:
    """A product whose text is this worker's to embed."""

    product_id: int
    claim: int
    text: str
    content_hash: bytes


@dataclass(frozen=True)
class Progress:
    """How far the embeddings are behind the products."""

    served: str
    """The model that is searched."""
    waiting: int
    """Products to be embedded."""
    refused: int
    """Products whose text the service does not take."""
    oldest_seconds: float | None
    """Age of the oldest change that waits."""
    next_due_seconds: float | None
    """When the next one may be claimed, by a lease that ends or behind a failure; negative: now."""


class EmbeddingStore:
    """For one model, the one that is wanted. Raises psycopg's errors."""

    def __init__(self, pool: AsyncConnectionPool[Connection], model: str, lease: timedelta = LEASE) -> None:
        self._pool = pool
        self._model = model
        self._lease = lease
        self._queries = named_queries("embeddings")

    async def queue_missing(self) -> None:
        """Also what no trigger has queued. One product a transaction: who writes several has them in another order."""
        for row in await self._run("missing"):
            with suppress(*_IN_THE_WAY):  # whoever writes the product queues it
                await self._run_soon("queue_one", product_id=row["product_id"])
        await self.forget_current()

    async def missing(self) -> int:
        """How many products queue_missing() would queue."""
        return len(await self._run("missing"))

    async def forget_current(self) -> None:
        """Empties the queue of what is embedded already."""
        await self._run("forget_current")

    async def claim(self, most: int) -> list[Claim]:
        """The oldest products that are due."""
        return [Claim(**row) for row in await self._run("claim", most=most, lease=self._lease)]

    async def store(self, claims: Sequence[Claim], vectors: Sequence[list[float]]) -> None:
        """Each with its vector, in order. What is claimed by somebody else or changed meanwhile is passed over.

        The first model ever is served from then on.
        """
        made = [*zip(claims, vectors, strict=True)]
        try:
            await self._store(made)
        except _IN_THE_WAY:
            for one in made:
                with suppress(*_IN_THE_WAY):  # it stays claimed until its lease ends
                    await self._store([one])
        await self._run("serve_first")

    async def postpone(self, claims: Sequence[Claim], seconds: float) -> None:
        """Not before so many seconds, longer with each attempt."""
        await self._run("postpone", **_taken(claims), seconds=seconds)

    async def refuse(self, claim: Claim) -> None:
        """Not again before its text changes."""
        await self._run("refuse", product_id=claim.product_id, claim=claim.claim)

    async def serve(self) -> None:
        """Lets searches use the model once all its embeddings are there, and forgets those of others in time."""
        await self._run("serve")
        await self._run("forget_models", kept=KEPT)

    async def progress(self) -> Progress:
        """As of now."""
        [row] = await self._run("progress")
        return Progress(**row)

    async def _store(self, made: Sequence[tuple[Claim, list[float]]]) -> None:
        await self._run_soon(
            "store",
            **_taken([claim for claim, _ in made]),
            hashes=[claim.content_hash for claim, _ in made],
            vectors=[Vector(vector) for _, vector in made],
        )

    async def _run_soon(self, name: str, **parameters: Any) -> None:
        """In a transaction that gives way to whoever writes products, before PostgreSQL looks for a deadlock."""
        async with self._pool.connection() as connection, connection.pipeline(), connection.transaction():
            await connection.execute("SELECT set_config('lock_timeout', %s, true)", (GIVE_WAY,))
            await connection.execute(self._queries[name], {"model": self._model, **parameters})

    async def _run(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(self._queries[name], {"model": self._model, **parameters})
            return await cursor.fetchall() if cursor.description else []


def _taken(claims: Sequence[Claim]) -> dict[str, list[int]]:
    return {
        "product_ids": [claim.product_id for claim in claims],
        "claims": [claim.claim for claim in claims],
    }
