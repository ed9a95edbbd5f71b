"""How well the modes rank the products that answer a question, by the judged queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.search.judged_queries import DEPTH, JudgedQuery
from shared.identity.caller import Caller
from shared.product_search import Mode, ProductSearch, Wanted

MODES: tuple[Mode, ...] = ("semantic", "keyword", "hybrid")
MEASURES = ("nDCG@10", "MRR")
RESAMPLES = 10_000

type Scores = np.ndarray[Any, np.dtype[np.float64]]
"""A row a query, a column a measure."""


@dataclass(frozen=True)
class Relevance:
    """The modes on one set of queries."""

    queries: str
    """Which."""
    scores: Mapping[Mode, Scores]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.scores["hybrid"])

    def mean(self, mode: Mode) -> tuple[float, ...]:
        """By measure."""
        return tuple(map(float, self.scores[mode].mean(axis=0)))

    def gain(self, over: Mode) -> list[tuple[float, float]]:
        """Within which bounds hybrid is above another mode, by measure: 95 % of samples of queries like these."""
        differences = self.scores["hybrid"] - self.scores[over]
        chosen = np.random.default_rng(1).integers(0, len(differences), (RESAMPLES, len(differences)))
        low, high = np.percentile(differences[chosen].mean(axis=1), (2.5, 97.5), axis=0)
        return list(zip(map(float, low), map(float, high), strict=True))

    @property
    def holds(self) -> bool:
        """Whether hybrid is at or above the better of the two it is made of, on each measure."""
        return all(
            hybrid >= max(others)
            for hybrid, *others in zip(self.mean("hybrid"), self.mean("semantic"), self.mean("keyword"), strict=True)
        )


async def relevance_of(
    search: ProductSearch, caller: Caller, queries: Sequence[JudgedQuery]
) -> tuple[Relevance, Relevance]:
    """On all the queries, and on those alone that paraphrase what they ask for."""
    scores = {mode: await _scores(search, caller, queries, mode) for mode in MODES}
    paraphrases = [index for index, query in enumerate(queries) if query.kind == "paraphrase"]
    return (
        Relevance("all", scores),
        Relevance("paraphrase", {mode: every[paraphrases] for mode, every in scores.items()}),
    )


async def _scores(search: ProductSearch, caller: Caller, queries: Iterable[JudgedQuery], mode: Mode) -> Scores:
    scores = []
    for query in queries:
        found = await search.find(caller, plain_question(query.text, mode), max_rows=DEPTH)
        if found.fallback is not None:
            raise RuntimeError(found.fallback)
        names = [str(record["product_name"]) for record in found.answer.records()]
        scores.append((query.ndcg(names), query.reciprocal_rank(names)))
    return np.array(scores)


def plain_question(text: str, mode: Mode) -> Wanted:
    """Without filters and without a least similarity."""
    return Wanted(
        text=text,
        mode=mode,
        least_similarity=0,
        category=None,
        least_price=None,
        most_price=None,
        in_stock=False,
    )
