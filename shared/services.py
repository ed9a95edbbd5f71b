"""What one process holds open for all its calls: vault, token verifier, embedder, connection pools."""

from contextlib import AsyncExitStack

from shared.embedder import open_embedder
from shared.identity import open_verifier
from shared.invocation import Invocations
from shared.isolation import Isolation
from shared.pool import entra_access_token, open_jobs_pool, open_pool
from shared.query_embeddings import QueryEmbeddings
from shared.settings import Settings
from shared.vault import open_vault


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
        self.embedder.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
