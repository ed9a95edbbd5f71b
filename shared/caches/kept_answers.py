"""Answers to the server's own questions, kept for half a minute for who asked: a principal, narrowed as it was."""

import json
import time
from collections.abc import Callable, Coroutine
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from shared.caches.cache import Cache, Entry
from shared.caches.shared_answers import MAX_ANSWER_BYTES, SharedAnswers
from shared.database.conversation import Parameters
from shared.identity.caller import Caller
from shared.invocation import Answer, Invocations, given
from shared.json_values import Column
from shared.last_good import Clock

KEPT_SECONDS = 30.0
"""From the moment the database is asked: so long after a change, of rows or of grants, the former answer is told."""
KEPT_BYTES = 16 * 1024 * 1024

type Question = tuple[UUID, UUID | None, bytes]
"""Principal, narrowing, and what is asked: for nobody else may the answer be, nor may he tell by the time who asked."""


class KeptAnswers:
    """A door for what is dear and asked again, of one instance and one event loop. It opens where Invocations does.

    shared: what other instances keep.
    """

    def __init__(
        self, invocations: Invocations, clock: Clock = time.monotonic, *, shared: SharedAnswers | None = None
    ) -> None:
        self._invocations = invocations
        self._shared = shared
        self._clock = clock
        self._cache: Cache[Question] = Cache(KEPT_BYTES, clock)

    async def read(
        self, caller: Caller, text: str, parameters: Parameters | None = None, *, max_rows: int, skip: int = 0
    ) -> Answer:
        """As Invocations.read, of KEPT_SECONDS ago at most."""
        await self._invocations.ensure_proven()
        question = caller.principal_id, caller.store_scope, _asked(text, parameters, max_rows, skip)
        read = partial(self._invocations.fetch, caller, text, parameters, max_rows=max_rows, skip=skip)
        answer = unpacked(await self._cache.value(question, partial(self._answered, question, read)))
        return given(await self._invocations.shown(caller, answer))  # encrypted values are kept as they are

    async def close(self) -> None:
        """Ends what is under way."""
        await self._cache.close()

    async def _answered(self, question: Question, read: Callable[[], Coroutine[Any, Any, Answer]]) -> Entry:
        if self._shared and (found := await self._shared.found(*question)):
            answer, age = found
            if age < KEPT_SECONDS:
                return Entry(answer, self._clock() + KEPT_SECONDS - age)
        began = self._clock()
        answer = packed(await read())
        if len(answer) > MAX_ANSWER_BYTES:
            return Entry(answer, began)
        if self._shared:
            age = self._clock() - began
            await self._shared.leave(*question, answer, age=age, seconds=KEPT_SECONDS - age)
        return Entry(answer, began + KEPT_SECONDS)


def packed(answer: Answer) -> bytes:
    """As JSON, which an answer's values are: each reader unpacks its own."""
    columns = [(column.name, column.type) for column in answer.columns]
    return json.dumps((columns, list(answer.rows), answer.truncated, answer.ordered), allow_nan=False).encode()


def unpacked(packed_answer: bytes) -> Answer:
    """What was packed, equal in value and type."""
    columns, rows, truncated, ordered = json.loads(packed_answer)
    return Answer(tuple(Column(name, kind) for name, kind in columns), rows, truncated, ordered)


def _asked(*question: object) -> bytes:
    """A digest that two questions share only if they are the same."""
    return sha256(json.dumps(question, sort_keys=True, default=_day).encode()).digest()


def _day(value: object) -> dict[str, str]:
    """No parameter is an object, so none can be taken for a day."""
    if type(value) is not date:
        raise TypeError(f"a question with a {type(value).__name__} cannot be kept")
    return {"day": value.isoformat()}
