"""The application's embedder on a service of a test's choice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.embeddings.embedder import Embedder
from shared.embeddings.identity import vault_key
from shared.vault import Secret, Vault
from tests.conftest import KeptSecrets


@asynccontextmanager
async def embedder_of(base_url: str, model: str, key: str) -> AsyncIterator[Embedder]:
    """With the SDK loaded, as in a server that has been up for a second."""
    kept = vault_key(Vault(KeptSecrets(Secret("openai-api-key", key, "1"))))
    embedder = Embedder(base_url, model, lambda _: kept)
    await embedder.begin()
    try:
        yield embedder
    finally:
        await embedder.close()
