"""How many of the nearest products a search finds, held against all products compared one by one."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from pgvector import Vector

from bench.search.catalogue import Catalogue, Floats
from bench.search.ground import CALLER, Server
from local.embedding_model import MODEL
from shared.product_search import CANDIDATES, ProductSearch, Wanted

ROWS = 20
LIMIT = 0.98
SHARES = (1.0, 0.5, 0.2, 0.1, 0.01, 0.001)
"""Of the catalogue: what is eligible."""
TOLERANCE = 1e-6
"""Single precision: products as near as the twentieth are as good."""

NEAREST = "SELECT product_id FROM ops.products_by_meaning(%s, %s, %s::integer[], NULL, %s, %s)"

type Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Recall:
    """Over all questions."""

    products: int
    eligible: str
    """Which of them."""
    share: float
    """How many of them, on average."""
    recall: float
    too_few: int
    """Questions that got fewer rows than there were."""
    median_ms: float

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        return self.recall >= LIMIT and not self.too_few


class _Tally:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._places = {int(product_id): place for place, product_id in enumerate(catalogue.product_ids)}
        self._found: list[float] = []
        self._shares: list[float] = []
        self._too_few = 0
        self._seconds: list[float] = []

    def add(self, similarities: Floats, eligible: Mask, product_ids: Sequence[int], seconds: float) -> None:
        """similarities: of each product to the question."""
        wanted = min(ROWS, int(eligible.sum()))
        least = np.partition(similarities[eligible], -wanted)[-wanted] - TOLERANCE
        places = {self._places[product_id] for product_id in product_ids}
        found = sum(eligible[place] and similarities[place] >= least for place in places)
        self._found.append(found / wanted)
        self._shares.append(float(eligible.mean()))
        self._too_few += len(product_ids) < wanted
        self._seconds.append(seconds)

    def recall(self, eligible: str) -> Recall:
        share, found = statistics.mean(self._shares), statistics.mean(self._found)
        median_ms = statistics.median(self._seconds) * 1000
        return Recall(len(self._catalogue), eligible, share, found, self._too_few, median_ms)


def recall_of_sets(connection: psycopg.Connection[Any], catalogue: Catalogue, questions: Floats) -> Iterator[Recall]:
    """Among products drawn by lot for each question, asked as access.search_products() asks, by a superuser."""
    chance = np.random.default_rng(3)
    for share in SHARES:
        tally = _Tally(catalogue)
        for question, similarities in zip(questions, questions @ catalogue.vectors.T, strict=True):
            eligible = np.zeros(len(catalogue), bool)
            size = max(1, round(share * len(catalogue)))
            eligible[chance.choice(len(catalogue), size, replace=False)] = True
            chosen = None if share == 1 else [int(each) for each in catalogue.product_ids[eligible]]
            began = time.perf_counter()
            rows = connection.execute(NEAREST, (Vector(question), MODEL, chosen, len(catalogue), CANDIDATES)).fetchall()
            tally.add(similarities, eligible, [row[0] for row in rows[:ROWS]], time.perf_counter() - began)
        yield tally.recall(f"{share:.1%} by lot" if share < 1 else "all")


def recall_of_filters(server: Server, catalogue: Catalogue, texts: Sequence[str]) -> Iterator[Recall]:
    """Among what the tool's own filters leave, through the tool's own way."""
    names = sorted(set(map(str, catalogue.categories)))
    by_category = [_wanted(text, category=names[index % len(names)]) for index, text in enumerate(texts)]
    yield server.runner.run(_recall(server, catalogue, "one category", by_category))
    chance = np.random.default_rng(4)
    for share in (0.1, 0.01, 0.001):
        wanted = []
        for text in texts:
            begin = chance.uniform(0, 1 - share)
            least, most = np.quantile(catalogue.prices, (begin, begin + share), method="nearest")
            wanted.append(_wanted(text, least_price=float(least), most_price=float(most)))
        yield server.runner.run(_recall(server, catalogue, "a range of prices", wanted))


async def _recall(server: Server, catalogue: Catalogue, eligible: str, wanted: Sequence[Wanted]) -> Recall:
    services, tally = server.services, _Tally(catalogue)
    search = ProductSearch(services.invocations, services.query_embeddings)
    for each in wanted:
        question = await services.query_embeddings.embedding(CALLER.principal_id, each.text, MODEL)
        began = time.perf_counter()
        answer = (await search.find(CALLER, each, max_rows=ROWS)).answer
        seconds = time.perf_counter() - began
        product_ids = [int(str(record["product_id"])) for record in answer.records()]
        tally.add(catalogue.vectors @ np.array(question, np.float32), _mask(catalogue, each), product_ids, seconds)
    return tally.recall(eligible)


def _mask(catalogue: Catalogue, wanted: Wanted) -> Mask:
    mask = np.ones(len(catalogue), bool)
    if wanted.category is not None:
        mask &= catalogue.categories == wanted.category
    if wanted.least_price is not None and wanted.most_price is not None:
        mask &= (catalogue.prices >= wanted.least_price) & (catalogue.prices <= wanted.most_price)
    return mask


def _wanted(
    text: str, category: str | None = None, least_price: float | None = None, most_price: float | None = None
) -> Wanted:
    return Wanted(
        text=text,
        mode="semantic",
        least_similarity=-1,
        category=category,
        least_price=least_price,
        most_price=most_price,
        in_stock=False,
    )
