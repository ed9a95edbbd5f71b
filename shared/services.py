"""What one process holds open for all its calls: vault, token verifier, embedder, connection pools."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from psycopg_pool import AsyncConnectionPool

from shared.caches.kept_answers import KeptAnswers
from shared.caches.redis_store import open_redis_store
from shared.caches.shared_answers import open_shared_answers
from shared.components import Components
from shared.database.connection import Connection
from shared.database.pool import entra_access_token, open_jobs_pool, open_pool, open_probe_pool
from shared.domain import domain_named
from shared.embeddings.embedder import Embedder, open_embedder
from shared.embeddings.of_queries import QueryEmbeddings
from shared.identity.caller import open_verifier
from shared.identity.revocations import Revocations
from shared.invocation import Invocations
from shared.isolation.gate import Isolation
from shared.limits.allowance_store import AllowanceStore
from shared.limits.allowances import Allowances
from shared.limits.flood_gate import FloodGate
from shared.readiness import Probes
from shared.settings import Settings
from shared.telemetry.adapter import open_telemetry
from shared.telemetry.watch import Watch
from shared.vault import open_vault

SDK_SECONDS = 2.0
"""Behind the start, for loading an SDK takes the processor from the first calls. A search does not wait that long, and
telemetry waits in its queue."""


class Services:
    """Made without waiting for anything, so that a cold instance answers also while a service is down."""

    def __init__(self, settings: Settings) -> None:
        self._stack = AsyncExitStack()
        self.settings = settings
        self.components = Components()
        component = self.components.component
        self.vault = open_vault(settings, component("vault"))
        self.telemetry = open_telemetry(settings, self.vault, self.components)
        self.embedder = open_embedder(settings, self.vault)
        self.query_embeddings = QueryEmbeddings(self.embedder, component=component("embedder"))
        self.verifier = open_verifier(settings)
        app_token, jobs_token = (
            entra_access_token(url, settings.azure_client_id, self._stack)
            for url in (settings.app_database_url, settings.jobs_database_url)
        )
        self.pool, self.probe_pool = open_pool(settings, app_token), open_probe_pool(settings, app_token)
        self.jobs_pool = open_jobs_pool(settings, jobs_token)
        self.watch = Watch(self.components, self.telemetry)
        self.domain = domain_named(settings.served_domain)
        self.isolation = Isolation(self.probe_pool, self.vault, component=component("isolation"), domain=self.domain)
        rate, burst = settings.principal_rate, settings.principal_burst
        self.allowances = Allowances(AllowanceStore(self.jobs_pool, rate, burst), rate, burst, component("limits"))
        self.flood_gate = FloodGate(rate, burst)
        self.revocations = Revocations(self.jobs_pool, component("revocations"))
        self.invocations = Invocations(
            self.pool, self.vault, self.isolation, self.watch, self.allowances, domain=self.domain
        )
        self.redis = open_redis_store(settings, self.vault, self.components)
        self.answers = KeptAnswers(self.invocations, shared=open_shared_answers(settings, self.vault, self.redis))
        self.probes = Probes(self.probe_pool, self.isolation, component("database"), component("clock"))

    async def __aenter__(self) -> "Services":
        await self.pool.open(wait=False)
        await self.jobs_pool.open(wait=False)
        await self.probe_pool.open(wait=False)
        self._stack.push_async_callback(self.vault.close)
        self._stack.push_async_callback(self.telemetry.close)
        self._stack.push_async_callback(self.embedder.close)
        self._stack.push_async_callback(self.query_embeddings.close)
        self._stack.push_async_callback(self.pool.close)
        self._stack.push_async_callback(self.jobs_pool.close)
        self._stack.push_async_callback(self.probe_pool.close)
        self._stack.push_async_callback(self.allowances.close)
        self._stack.push_async_callback(self.revocations.close)
        self._stack.push_async_callback(self.isolation.close)
        self._stack.push_async_callback(self.probes.close)
        if self.redis:
            self._stack.push_async_callback(self.redis.close)
        self._stack.push_async_callback(self.answers.close)
        self.revocations.begin()
        self.isolation.begin()
        begun_later = [self.embedder.begin, self.telemetry.begin, *([self.redis.begin] if self.redis else [])]
        for begin in begun_later:
            begun = asyncio.get_running_loop().call_later(SDK_SECONDS, begin)
            self._stack.callback(begun.cancel)
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
        pool = open_jobs_pool(settings, entra_access_token(settings.jobs_database_url, settings.azure_client_id, stack))
        await pool.open(wait=False)
        stack.push_async_callback(pool.close)
        yield JobServices(embedder, pool)
