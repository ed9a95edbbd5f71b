"""Texts in, vectors out: the embeddings of a service that speaks OpenAI's protocol."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from shared.embeddings.answer import DIMENSIONS, vectors_of
from shared.embeddings.identity import ApiKey, open_api_key
from shared.embeddings.request import answer_to
from shared.embeddings.text_batches import batches
from shared.errors import EmbedderFailure
from shared.loopback import on_this_machine
from shared.settings import Settings
from shared.vault import Vault

if TYPE_CHECKING:  # most of a second to import: not before it is needed, and not on the event loop
    from openai import AsyncOpenAI

__all__ = ["DIMENSIONS", "Embedder", "open_embedder"]

SECONDS = 30.0


class Embedder:
    """The client of one event loop.

    model: the id for new embeddings.
    open_key: called once, in a thread; what it opens goes onto the stack.
    """

    def __init__(self, base_url: str, model: str, open_key: Callable[[AsyncExitStack], ApiKey]) -> None:
        self.model = model
        self._base_url = base_url
        self._open_key = open_key
        self._open = AsyncExitStack()
        self._opening: asyncio.Task[AsyncOpenAI] | None = None

    def begin(self) -> "asyncio.Task[AsyncOpenAI]":
        """Loads the SDK in a thread, so that the first text need not wait for that."""
        if self._opening is None:
            self._opening = asyncio.create_task(asyncio.to_thread(self._open_client))
        return self._opening

    async def embed(
        self, texts: Sequence[str], *, model: str | None = None, seconds: float = SECONDS
    ) -> list[list[float]]:
        """A vector of DIMENSIONS floats and unit length for each text, in order; long texts are cut (text_batches.py).

        It answers or raises within `seconds`: EmbedderFailure, or TextRefused where the service takes one of them not.
        """
        asked, deadline = model or self.model, asyncio.get_running_loop().time() + seconds
        vectors: list[list[float]] = []
        try:
            async with asyncio.timeout_at(deadline):
                client = await asyncio.shield(self.begin())  # who gives up leaves it to the others
                for batch in batches(texts):
                    body = await answer_to(client, batch, asked, deadline)
                    vectors += await asyncio.to_thread(vectors_of, body, count=len(batch), model=asked)
        except TimeoutError:
            raise EmbedderFailure(f"the embedding service did not answer within {seconds:g} s") from None
        return vectors

    @property
    def ready(self) -> bool:
        """Whether the SDK is loaded, so that a text is on its way at once."""
        return self._opening is not None and self._opening.done()

    async def close(self) -> None:
        """Ends what is open."""
        if self._opening is not None:
            await asyncio.wait({self._opening})
            await self._open.aclose()

    def _open_client(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        # A proxy of the environment cannot reach this machine; a redirect would carry texts who knows where.
        http_client = DefaultAsyncHttpxClient(trust_env=not on_this_machine(self._base_url), follow_redirects=False)
        key = self._open_key(self._open)
        # Time and attempts are counted here: the SDK would sleep for as long as a Retry-After says.
        client = AsyncOpenAI(base_url=self._base_url, api_key=key, timeout=None, max_retries=0, http_client=http_client)
        self._open.push_async_callback(client.close)
        return client


def open_embedder(settings: Settings, vault: Vault) -> Embedder:
    """The embedder these settings name. Nothing is opened before `begin` or the first text."""
    return Embedder(settings.openai_base_url, settings.embedding_model, partial(open_api_key, settings, vault))
