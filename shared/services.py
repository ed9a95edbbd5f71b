"""What one process holds open for all its calls: vault, token verifier, embedder, connection pools."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from psycopg_pool import AsyncConnectionPool

from shared.connection import Connection
from shared.embedder import Embedder, open_embedder
from shared.identity import open_verifier
from shared.invocation import Invocations
from shared.isolation import Isolation
from shared.pool import entra_access_token, open_jobs_pool, open_pool
from shared.query_embeddings import QueryEmbeddings
from shared.settings import Settings
from shared.vault import open_vault

EMBEDDER_SECONDS = 2.0
"""Behind the start, for loading the SDK takes the processor from the first calls. A search does not wait that long."""


class Services:
    """Made without waiting for anything, so that a cold instance answers also while a service is down."""

    def __init__(self, settings: Settings) -> None:
        self._stack = AsyncExitStack()
        self.settings = settings
        self.vault = open_vault(settings)
        self.embedder = open_embedder(settings, self.vault)
        self.query_embeddings = QueryEmbeddings(self.embedder)
        self.verifier = open_verifier(settings)
        self.pool = open_pool(settings, entra_access_token(settings.app_database_url, settings, self._stack))
        self.jobs_pool = open_jobs_pool(settings, entra_access_token(settings.jobs_database_url, settings, self._stack))
        self.isolation = Isolation(self.pool, self.vault)
        self.invocations = Invocations(self.pool, self.vault, self.isolation)

    async def __aenter__(self) -> "Services":
        await self.pool.open(wait=False)
        await self.jobs_pool.open(wait=False)
        self._stack.push_async_callback(self.vault.close)
        self._stack.push_async_callback(self.embedder.close)
        self._stack.push_async_callback(self.query_embeddings.close)
        self._stack.push_async_callback(self.pool.close)
        self._stack.push_async_callback(self.jobs_pool.close)
        self._stack.push_async_callback(self.isolation.close)
        self.isolation.begin()
        begin = asyncio.get_running_loop().call_later(EMBEDDER_SECONDS, self.embedder.begin)
        self._stack.callback(begin.cancel)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


@dataclass(frozen=True)
class JobServices:
    """What a job needs, for one run of it."""

    embedder: Embedder
    pool: AsyncConnectionPool[Connection]
    """Of the jobs' login."""


@asynccontextmanager
async def open_job_services(settings: Settings) -> AsyncIterator[JobServices]:
    """Opened without waiting for anything, and closed behind the run."""
    async with AsyncExitStack() as stack:
        vault = open_vault(settings)
        stack.push_async_callback(vault.close)
        embedder = open_embedder(settings, vault)
        stack.push_async_callback(embedder.close)
        pool = open_jobs_pool(settings, entra_access_token(settings.jobs_database_url, settings, stack))
        await pool.open(wait=False)
        stack.push_async_callback(pool.close)
        yield JobServices(embedder, pool)
