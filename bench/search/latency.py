"""How long a search takes: in all, and of that the database and the embedding."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.search.ground import CALLER, Server
from bench.search.relevance import plain_question
from shared.embeddings.embedder import Embedder
from shared.embeddings.identity import open_api_key
from shared.embeddings.of_queries import QueryEmbeddings
from shared.invocation import Answer, Invocations
from shared.product_search import Mode, ProductSearch
from shared.services import Services

ROUNDS = 5
"""Others may use the machine meanwhile: the round with the lowest median counts."""
ROWS = 20

BACKEND_AND_PRODUCTS = "SELECT pg_backend_pid(), count(*) FROM retail.products"
IN_ALL, DATABASE, EMBEDDING = "in all", "database", "embedding"
LIMITS_MS = {IN_ALL: 15.0, DATABASE: 5.0}
"""Of the median."""


@dataclass(frozen=True)
class Latency:
    """Of the best round. times_ms: median and 95th percentile of the whole and of its parts."""

    products: int
    mode: Mode
    times_ms: Mapping[str, tuple[float, float]]
    backend_cpu_ms: float | None
    """What the database's process computed for a search, on average; only Linux tells."""
    load: float
    """Processes that wanted a processor meanwhile."""

    @property
    def holds(self) -> bool:
        """Whether it is within its limits."""
        return all(self.times_ms[part][0] <= limit for part, limit in LIMITS_MS.items())


async def latency_of(server: Server, mode: Mode, texts: Sequence[str], rounds: int = ROUNDS) -> Latency:
    """Of distinct questions: in each round none has been asked before."""
    clocked = _Clocked(server.services)
    latencies = [await clocked.round(mode, texts) for _ in range(rounds)]
    await clocked.close()
    return min(latencies, key=lambda latency: latency.times_ms[IN_ALL][0])


class _Clocked:
    """The application's search, with a clock on each of its two ways out."""

    def __init__(self, services: Services) -> None:
        self._invocations = _ClockedInvocations(services.pool, services.vault, services.isolation)
        settings = services.settings
        open_key = partial(open_api_key, settings, services.vault)
        self._embedder = _ClockedEmbedder(settings.openai_base_url, settings.embedding_model, open_key)

    async def round(self, mode: Mode, texts: Sequence[str]) -> Latency:
        search = ProductSearch(self._invocations, QueryEmbeddings(self._embedder))
        await search.find(CALLER, plain_question("warm", mode), max_rows=ROWS)
        backend, products = await self._backend_and_products()
        taken = []
        before = _cpu_seconds(backend)
        for text in texts:
            self._embedder.seconds = self._invocations.seconds = 0
            began = time.perf_counter()
            await search.find(CALLER, plain_question(text, mode), max_rows=ROWS)
            taken.append((time.perf_counter() - began, self._invocations.seconds, self._embedder.seconds))
        after = _cpu_seconds(backend)
        percentiles = np.percentile(np.array(taken) * 1000, (50, 95), axis=0).T
        return Latency(
            products=products,
            mode=mode,
            times_ms={
                part: (float(median), float(most))
                for part, (median, most) in zip((IN_ALL, DATABASE, EMBEDDING), percentiles, strict=True)
            },
            backend_cpu_ms=None if before is None or after is None else (after - before) * 1000 / len(texts),
            load=os.getloadavg()[0],
        )

    async def close(self) -> None:
        await self._embedder.close()

    async def _backend_and_products(self) -> tuple[int, int]:
        answer = await self._invocations.read(CALLER, BACKEND_AND_PRODUCTS, max_rows=1)
        backend, products = answer.rows[0]
        return int(str(backend)), int(str(products))


class _ClockedInvocations(Invocations):
    seconds = 0.0

    async def read(self, *arguments: Any, **named: Any) -> Answer:
        began = time.perf_counter()
        try:
            return await super().read(*arguments, **named)
        finally:
            self.seconds += time.perf_counter() - began


class _ClockedEmbedder(Embedder):
    seconds = 0.0

    async def embed(self, *arguments: Any, **named: Any) -> list[list[float]]:
        began = time.perf_counter()
        try:
            return await super().embed(*arguments, **named)
        finally:
            self.seconds += time.perf_counter() - began


def _cpu_seconds(process: int) -> float | None:
    schedule = Path(f"/proc/{process}/schedstat")
    return int(schedule.read_text().split()[0]) / 1e9 if schedule.exists() else None
