"""Products by meaning, by words or both: with the caller's stock, and by words alone while nobody embeds."""

import logging
import time
from dataclasses import dataclass
from typing import Literal

from shared.database.queries import named_queries
from shared.database.vectors import Vector
from shared.embeddings.of_queries import QueryEmbeddings
from shared.embeddings.store import NOTHING_SERVED
from shared.errors import EmbedderFailure, InsufficientScope, TextRefused
from shared.identity.caller import Caller
from shared.identity.scopes import ToolScope
from shared.invocation import Answer, Invocations

log = logging.getLogger(__name__)

SERVED_SECONDS = 60.0
"""How long an instance may ask with a model that is not served any more, before it looks."""
STOCK_SCOPE: ToolScope = "sales.read"
"""Stock is tenants' rows: who may read the catalogue alone gets products without it, in the order of relevance."""
CANDIDATES = 50
"""What words and meaning each contribute, and more where more rows are wanted."""

type Mode = Literal["hybrid", "semantic", "keyword"]

NO_ANSWER = "The embedding service does not answer, so products were found by their words alone. Try again later."
NOT_YET = "No embeddings are made yet, so products were found by their words alone. Try again in some minutes."
REFUSED = "The embedding service does not take this text, so products were found by their words alone."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to look for. Filters that are None are not there."""

    text: str
    mode: Mode
    least_similarity: float | None
    """Cosine, above 0 to 1; products with most of the words asked for need not reach it, unless mode is semantic."""
    category: str | None
    least_price: float | None
    most_price: float | None
    in_stock: bool


@dataclass(frozen=True)
class Found:
    """Products, most relevant first, as sql/queries/search.sql gives them."""

    answer: Answer
    mode: Mode
    """How they were found."""
    fallback: str | None
    """Why not as wanted."""


@dataclass(frozen=True)
class _Question:
    """A text as a vector of a model, or why there is none."""

    vector: list[float] | None = None
    model: str | None = None
    fallback: str | None = None


class ProductSearch:
    """Of one instance."""

    def __init__(self, invocations: Invocations, query_embeddings: QueryEmbeddings) -> None:
        self._invocations = invocations
        self._embeddings = query_embeddings
        self._queries = named_queries("search")
        self._served: tuple[str, float] | None = None

    async def find(self, caller: Caller, wanted: Wanted, *, max_rows: int) -> Found:
        """Raises ToolFault, nothing else: without the embedding service the words are looked for."""
        if wanted.in_stock and STOCK_SCOPE not in caller.scopes:
            raise InsufficientScope(STOCK_SCOPE)
        question = await self._question(caller, wanted)
        answer = await self._products(caller, wanted, question, max_rows)
        if question.model is not None and not _by_meaning(answer) and await self._model_changed(caller, question.model):
            question = await self._question(caller, wanted)
            answer = await self._products(caller, wanted, question, max_rows)
        return Found(answer, "keyword" if question.fallback else wanted.mode, question.fallback)

    async def _question(self, caller: Caller, wanted: Wanted) -> _Question:
        if wanted.mode == "keyword":
            return _Question()
        model = await self._served_model(caller)
        if model is None:
            return _Question(fallback=NOT_YET)
        try:
            vector = await self._embeddings.embedding(caller.principal_id, wanted.text, model)
        except EmbedderFailure as failure:
            log.warning("search goes by words: %s", failure)
            return _Question(fallback=NO_ANSWER)
        except TextRefused:
            return _Question(fallback=REFUSED)
        return _Question(vector, model)

    async def _products(self, caller: Caller, wanted: Wanted, question: _Question, max_rows: int) -> Answer:
        parameters = {
            "asked": None if wanted.mode == "semantic" and question.vector else wanted.text,
            "vector": question.vector and Vector(question.vector),
            "model": question.model,
            "category": wanted.category,
            "least_price": wanted.least_price,
            "most_price": wanted.most_price,
            "in_stock": wanted.in_stock,
            "with_stock": STOCK_SCOPE in caller.scopes,
            "least_similarity": wanted.least_similarity,
            "candidates": max(CANDIDATES, max_rows + 1),
        }
        return await self._invocations.read(caller, self._queries["products"], parameters, max_rows=max_rows)

    async def _served_model(self, caller: Caller) -> str | None:
        if self._served is None or self._served[1] < time.monotonic():
            answer = await self._invocations.read(caller, self._queries["served_model"], max_rows=1)
            self._served = str(answer.rows[0][0]), time.monotonic() + SERVED_SECONDS
        model = self._served[0]
        return None if model == NOTHING_SERVED else model

    async def _model_changed(self, caller: Caller, model: str) -> bool:
        self._served = None
        return await self._served_model(caller) != model


def _by_meaning(answer: Answer) -> bool:
    position = [column.name for column in answer.columns].index("similarity_percent")
    return any(row[position] is not None for row in answer.rows)
