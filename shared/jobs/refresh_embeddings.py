"""Embeds what is new: any number of instances at a time, stopped at any point, going on where it was left."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from shared.embeddings.embedder import Embedder
from shared.embeddings.store import Claim, EmbeddingStore, Progress
from shared.errors import EmbedderFailure, TextRefused
from shared.services import open_job_services
from shared.settings import Settings

log = logging.getLogger(__name__)

BATCH = 100
WORKERS = 4
EMBED_SECONDS = 60.0
"""Below the lease of a claim, with time to store."""

FIRST_CONNECTION_SECONDS = 10.0
LOOK_SECONDS = 0.5
"""How often a worker that waits looks whether others have done it meanwhile."""
TAKEN_BY_ANY = "A hammer."

type Show = Callable[[int, int], None]
"""Called with how many products are embedded, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long a run goes on."""

    seconds: float
    """In all: no batch begins behind that."""
    patience: float
    """For what another instance has claimed, or failed and is to be tried again."""


TIMER = Effort(seconds=240, patience=20)
"""Over before the timer's next run, which goes on with what is left."""


async def refresh_embeddings(
    store: EmbeddingStore, embedder: Embedder, effort: Effort, show: Show = lambda done, total: None, batch: int = BATCH
) -> Progress:
    """How far the embeddings are then. Raises psycopg's errors; what the embedder raises is tried again."""
    await store.queue_missing()
    run = _Run(store, embedder, effort, show, batch, (await store.progress()).waiting)
    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(WORKERS):
                workers.create_task(run.work())
    except* Exception as group:
        raise group.exceptions[0] from None
    await store.serve()
    progress = await store.progress()
    log.info(
        "embeddings: %d made, %d waiting, %d refused, lag %.0f s, model %s, serving %s",
        run.done, progress.waiting, progress.refused, progress.oldest_seconds or 0, embedder.model, progress.served,
    )  # fmt: skip
    return progress


async def refresh_as_set(settings: Settings, effort: Effort, show: Show = lambda done, total: None) -> Progress:
    """The same with what the settings name, opened for this run."""
    async with _opened(settings) as (store, embedder):
        return await refresh_embeddings(store, embedder, effort, show)


async def preview_as_set(settings: Settings) -> Progress:
    """How far the embeddings are now, with what a run would queue first. Changes nothing. Raises psycopg's errors."""
    async with _opened(settings) as (store, _):
        progress = await store.progress()
        return replace(progress, waiting=progress.waiting + await store.missing())


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[EmbeddingStore, Embedder]]:
    """Raises PoolTimeout where the database gives no connection."""
    async with open_job_services(settings) as services:
        async with services.pool.connection(timeout=FIRST_CONNECTION_SECONDS):
            pass  # a run that cannot begin says so soon
        yield EmbeddingStore(services.pool, services.embedder.model), services.embedder


class _Run:
    def __init__(
        self, store: EmbeddingStore, embedder: Embedder, effort: Effort, show: Show, batch: int, total: int
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._deadline = time.monotonic() + effort.seconds
        self._patience = effort.patience
        self._failures = 0
        self._show = show
        self._batch = batch
        self._total = total
        self.done = 0
        show(0, total)

    async def work(self) -> None:
        looks = 0
        while time.monotonic() < self._deadline:
            claims = await self._store.claim(self._batch)
            looks = 0 if claims else looks + 1
            wait = await self._embed_all(claims) if claims else await self._until_due(looks)
            if wait is None or wait > min(self._patience, self._deadline - time.monotonic()):
                return
            await asyncio.sleep(wait if claims else min(wait, LOOK_SECONDS))

    async def _until_due(self, looks: int) -> float | None:
        """Seconds until there is something to do again; None where nothing waits."""
        await self._store.forget_current()
        due = (await self._store.progress()).next_due_seconds
        if due is None or due > 0:
            return due
        return looks * LOOK_SECONDS  # held by who writes it, nobody knows for how long: each time more

    async def _embed_all(self, claims: Sequence[Claim]) -> float:
        """Seconds to wait before the next ones: none but after a failure, for the next would fail as well."""
        try:
            await self._embed(claims)
        except EmbedderFailure as failure:
            log.warning("embeddings: %d products are tried again later: %s", len(claims), failure)
            await self._store.postpone(claims, failure.retry_after or 0)
            self._failures += 1
            return max(failure.retry_after or 0, 2.0 ** (self._failures - 1))
        self._failures = 0
        return 0

    async def _embed(self, claims: Sequence[Claim]) -> None:
        try:
            vectors = await self._embedder.embed([claim.text for claim in claims], seconds=EMBED_SECONDS)
        except TextRefused:
            await self._narrow(claims)
            return
        await self._store.store(claims, vectors)
        self.done += len(claims)
        self._total = max(self._total, self.done)
        self._show(self.done, self._total)

    async def _narrow(self, claims: Sequence[Claim]) -> None:
        """One of these texts is refused: halves, until it is alone."""
        if len(claims) > 1:
            middle = len(claims) // 2
            await self._embed(claims[:middle])
            await self._embed(claims[middle:])
            return
        try:
            await self._embedder.embed([TAKEN_BY_ANY], seconds=EMBED_SECONDS)
        except TextRefused as refusal:  # so it is not the text
            raise EmbedderFailure(f"the embedding service takes no text at all: {refusal}") from refusal
        log.warning("embeddings: the service does not take the text of product %d", claims[0].product_id)
        await self._store.refuse(claims[0])
