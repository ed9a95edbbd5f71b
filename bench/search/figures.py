"""All figures of search, one behind the other, and how they are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import psycopg
from rich.console import Console
from rich.table import Table

from bench.ground import Ground, connected
from bench.search.catalogue import catalogue_of, grow
from bench.search.ground import CALLER, SearchGround, Server, prepared_search
from bench.search.judged_queries import Part, judged_queries
from bench.search.latency import LIMITS_MS, Latency, latency_of
from bench.search.recall import LIMIT as RECALL_LIMIT
from bench.search.recall import ROWS, Recall, recall_of_filters, recall_of_sets
from bench.search.relevance import MEASURES, MODES, Relevance, relevance_of
from local.progress import RowsBar, step
from shared.product_search import Mode, ProductSearch

PARTS: tuple[Part, ...] = ("tune", "report")
ASKED_OF_MANY: tuple[Mode, ...] = ("hybrid", "keyword")


@dataclass(frozen=True)
class SearchFigures:
    """What `dev.py bench search` measures."""

    relevance: tuple[Relevance, ...]
    recalls: tuple[Recall, ...]
    latency: Latency
    """Of the sample; it has limits."""
    many: tuple[Latency, ...]
    """Of many products; they have none."""

    @property
    def holds(self) -> bool:
        """Whether all are within their limits."""
        return (
            self.latency.holds
            and all(relevance.holds for relevance in self.relevance)
            and all(recall.holds for recall in self.recalls)
        )

    def record(self) -> dict[str, Any]:
        """For comparison: JSON-serialisable."""
        figures = {
            "relevance": [
                {
                    "queries": each.queries,
                    "count": each.count,
                    **{mode: dict(zip(MEASURES, each.mean(mode), strict=True)) for mode in MODES},
                    "hybrid_above_semantic_95": dict(zip(MEASURES, each.gain("semantic"), strict=True)),
                }
                for each in self.relevance
            ],
            "recall": [asdict(each) for each in self.recalls],
            "latency": [asdict(each) for each in (self.latency, *self.many)],
        }
        return {"search": figures}

    def show(self, console: Console) -> None:
        """As tables."""
        console.print(_relevance_table(self.relevance))
        console.print(_recall_table(self.recalls))
        console.print(_latency_table(self.latency, self.many))


def search_figures(ground: Ground) -> SearchFigures:
    """Three minutes, most of them for the many products."""
    texts = [query.text for part in PARTS for query in judged_queries(part)]
    superuser_url = ground.urls["SUPERUSER_DATABASE_URL"]
    with prepared_search(ground) as prepared:
        with prepared.server() as server:
            with step("asking the judged queries"):
                relevance = server.runner.run(_relevance(server))
            with step("timing searches"):
                latency = server.runner.run(latency_of(server, "hybrid", texts))
        with connected(superuser_url) as connection:
            recalls = _recalls(prepared, connection, texts)
            with RowsBar() as bar:
                grow(connection, bar.show)
            recalls += _recalls(prepared, connection, texts)
        with prepared.server() as server, step("timing searches among many"):
            many = tuple(server.runner.run(latency_of(server, mode, texts, rounds=2)) for mode in ASKED_OF_MANY)
    return SearchFigures(relevance, recalls, latency, many)


async def _relevance(server: Server) -> tuple[Relevance, ...]:
    search = ProductSearch(server.services.invocations, server.services.query_embeddings)
    return await relevance_of(search, CALLER, judged_queries("report"))


def _recalls(prepared: SearchGround, connection: "psycopg.Connection[Any]", texts: Sequence[str]) -> tuple[Recall, ...]:
    catalogue = catalogue_of(connection)
    with prepared.server() as server, step(f"looking for the nearest of {len(catalogue):,} products"):
        questions = server.runner.run(server.services.embedder.embed(texts))
        by_lot = recall_of_sets(connection, catalogue, np.array(questions, np.float32))
        return (*by_lot, *recall_of_filters(server, catalogue, texts))


def _relevance_table(relevances: Iterable[Relevance]) -> Table:
    measures = [f"{measure} {mode}" for measure in MEASURES for mode in MODES]
    bounds = [f"hybrid − semantic, {measure}" for measure in MEASURES]
    table = Table("judged queries", *measures, *bounds, title="Relevance, and 95 % bounds of what hybrid gains")
    for each in relevances:
        means = {mode: each.mean(mode) for mode in MODES}
        cells = [f"{means[mode][measure]:.3f}" for measure in range(len(MEASURES)) for mode in MODES]
        gains = [f"{low:+.3f} … {high:+.3f}" for low, high in each.gain("semantic")]
        table.add_row(f"{each.queries} ({each.count}){_mark(each.holds)}", *cells, *gains)
    return table


def _recall_table(recalls: Iterable[Recall]) -> Table:
    title = f"The {ROWS} nearest products, of those that are eligible"
    table = Table("products", "eligible", "share", "recall", "too few rows", "median ms", title=title)
    for each in recalls:
        table.add_row(
            f"{each.products:,}", each.eligible, f"{each.share:.2%}", f"{each.recall:.4f}{_mark(each.holds)}",
            str(each.too_few), f"{each.median_ms:.1f}",
        )  # fmt: skip
    table.add_section()
    table.add_row("limit", "", "", f"{RECALL_LIMIT}", "0", "")
    return table


def _latency_table(latency: Latency, many: Iterable[Latency]) -> Table:
    parts = [f"{part}, p50 / p95 ms" for part in latency.times_ms]
    table = Table("products", "mode", *parts, "backend CPU, ms", "load", title="A search, none asked before")
    for each in (latency, *many):
        cells = [f"{median:.1f} / {most:.1f}" for median, most in each.times_ms.values()]
        cpu = "" if each.backend_cpu_ms is None else f"{each.backend_cpu_ms:.1f}"
        mark = _mark(each is not latency or each.holds)
        table.add_row(f"{each.products:,}{mark}", each.mode, *cells, cpu, f"{each.load:.1f}")
    table.add_section()
    limits = [f"{LIMITS_MS[part]:g}" if part in LIMITS_MS else "" for part in latency.times_ms]
    table.add_row(f"limit at {latency.products}", "", *limits, "", "")
    return table


def _mark(holds: bool) -> str:
    return "" if holds else " !"
