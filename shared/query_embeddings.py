"""What callers search for, as vectors: soon or not at all, and the same question of the same caller asked once."""

import asyncio
import logging
import time
from array import array
from dataclasses import dataclass
from uuid import UUID

from cachetools import TTLCache
from interlock import CircuitBreaker, CircuitOpenError, Config, CoreEventListener, State

from shared.embedder import Embedder
from shared.errors import EmbedderFailure
from shared.last_good import Clock

log = logging.getLogger(__name__)

SECONDS = 1.5
"""A search waits no longer for its vector."""
KEPT = 1024
"""Of six kilobytes each."""
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
    ) -> None:
        self._embedder = embedder
        self._seconds = seconds
        self._breaker = CircuitBreaker(
            name="embedding service",
            config=Config(
                window_size=FAILURES,
                minimum_number_of_calls=FAILURES,
                failure_rate_threshold=1.0,
                wait_duration_in_open=open_seconds,
                permitted_calls_in_half_open=1,
            ),
            classifier=_ServiceFailures(embedder),
            listener=_ChangesInTheLog(),
            clock=_Time(clock),
        )
        self._kept: TTLCache[Question, array[float]] = TTLCache(kept, KEPT_SECONDS, timer=clock)
        self._asking: dict[Question, asyncio.Task[array[float]]] = {}

    async def embedding(self, principal_id: UUID, text: str, model: str) -> list[float]:
        """The text's vector of this model, for a caller's search; raises EmbedderFailure or TextRefused.

        While the service is left alone, EmbedderFailure says at once for how long (retry_after).
        """
        question = principal_id, model, text
        vector = self._kept.get(question)
        if vector is None:
            # A task of its own: a caller who goes away does not take the answer from the others.
            asking = self._asking.get(question) or self._ask(question)
            await asyncio.wait({asking})
            vector = asking.result()
        return vector.tolist()

    async def close(self) -> None:
        """Ends what is under way."""
        for asking in self._asking.values():
            asking.cancel()
        if self._asking:
            await asyncio.wait(self._asking.values())

    def _ask(self, question: Question) -> "asyncio.Task[array[float]]":
        def answered(task: "asyncio.Task[array[float]]") -> None:
            del self._asking[question]
            if not task.cancelled() and task.exception() is None:
                self._kept[question] = task.result()

        asking = self._asking[question] = asyncio.create_task(self._answer(question))
        asking.add_done_callback(answered)
        return asking

    async def _answer(self, question: Question) -> "array[float]":
        _, model, text = question
        try:
            [vector] = await self._breaker.call_async(self._embedder.embed, [text], model=model, seconds=self._seconds)
        except CircuitOpenError as error:
            # While one request tries, nobody knows for how long; it takes no longer than any other.
            wait = self._seconds if error.retry_after is None else error.retry_after
            raise EmbedderFailure("the embedding service fails, and is left alone", retry_after=wait) from None
        return array("f", vector)  # a sixth of the list's memory; models give no more digits


@dataclass
class _ServiceFailures:
    """Which errors count: not a refused text, and none from before the SDK was loaded, when nobody was asked."""

    embedder: Embedder

    def is_failure(self, *, result: object, exception: Exception | None) -> bool:
        return isinstance(exception, EmbedderFailure) and self.embedder.ready


class _ChangesInTheLog(CoreEventListener):
    def on_state_change(self, *, name: str, old: State, new: State) -> None:
        log.warning("%s: the breaker was %s, is %s", name, old, new)


class _Time:
    """The breaker's word for a clock."""

    def __init__(self, clock: Clock) -> None:
        self.monotonic = clock
