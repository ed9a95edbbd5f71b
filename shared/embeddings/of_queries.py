"""What callers search for, as vectors: soon or not at all, and the same question of the same caller asked once."""

import logging
import time
from array import array
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from interlock import CircuitOpenError, CoreEventListener, State

from shared.breaker import open_after
from shared.caches.cache import ENTRY_BYTES, Cache, Entry
from shared.components import Component
from shared.embeddings.embedder import Embedder
from shared.errors import EmbedderFailure
from shared.last_good import Clock

log = logging.getLogger(__name__)

SECONDS = 1.5
"""A search waits no longer for its vector."""
KEPT = 1024
VECTOR_BYTES = 6 * 1024
"""Of 1,536 floats."""
KEPT_SECONDS = 3600
FAILURES = 5
"""In a row, and the service is left alone."""
OPEN_SECONDS = 30.0
"""Then one request tries whether it is back."""

type Question = tuple[UUID, str, str]
"""Principal, model and text: with the principal, so that nobody can tell by the time what others have asked."""


class QueryEmbeddings:
    """Of one instance and one event loop."""

    def __init__(
        self,
        embedder: Embedder,
        *,
        seconds: float = SECONDS,
        open_seconds: float = OPEN_SECONDS,
        kept: int = KEPT,
        clock: Clock = time.monotonic,
        component: Component | None = None,
    ) -> None:
        self._embedder = embedder
        self._seconds = seconds
        self._component = component or Component("embedder")
        self._breaker = open_after(
            FAILURES,
            name="embedding service",
            open_seconds=open_seconds,
            clock=clock,
            classifier=_ServiceFailures(embedder),
            listener=_Changes(self._component),
        )
        self._kept: Cache[Question] = Cache(kept * (ENTRY_BYTES + VECTOR_BYTES), clock)
        self._clock = clock

    async def embedding(self, principal_id: UUID, text: str, model: str) -> list[float]:
        """The text's vector of this model, for a caller's search; raises EmbedderFailure or TextRefused.

        While the service is left alone, EmbedderFailure says at once for how long (retry_after).
        """
        question = principal_id, model, text
        return array("f", await self._kept.value(question, partial(self._answer, question))).tolist()

    @property
    def breaker(self) -> str:
        """closed: the service is asked. open: it is left alone. half_open: one request tries."""
        return self._breaker.state.value

    async def close(self) -> None:
        """Ends what is under way."""
        await self._kept.close()

    async def _answer(self, question: Question) -> Entry:
        _, model, text = question
        try:
            [vector] = await self._breaker.call_async(self._embedder.embed, [text], model=model, seconds=self._seconds)
        except CircuitOpenError as error:
            # While one request tries, nobody knows for how long; it takes no longer than any other.
            wait = self._seconds if error.retry_after is None else error.retry_after
            raise EmbedderFailure("the embedding service fails, and is left alone", retry_after=wait) from None
        self._component.up()
        # A sixth of the list's memory; models give no more digits.
        return Entry(array("f", vector).tobytes(), self._clock() + KEPT_SECONDS)


@dataclass
class _ServiceFailures:
    """Which errors count: not a refused text, and none from before the SDK was loaded, when nobody was asked."""

    embedder: Embedder

    def is_failure(self, *, result: object, exception: Exception | None) -> bool:
        return isinstance(exception, EmbedderFailure) and self.embedder.ready


@dataclass
class _Changes(CoreEventListener):
    component: Component

    def on_state_change(self, *, name: str, old: State, new: State) -> None:
        log.warning("%s: the breaker was %s, is %s", name, old, new)
        if new is State.OPEN:
            self.component.down("BreakerOpen")
