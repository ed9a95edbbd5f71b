"""The measurement: turns of every contender, one after the other, so that what disturbs the machine disturbs all."""

import asyncio
import statistics
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.calls.contenders import Contenders, Server, bare, contenders
from bench.calls.http_client import ERAS, MODERN, Burst, Era, burst, request_bytes
from bench.calls.recorded import MS, RECORD, Limit, Record
from bench.calls.round_trips import round_trips
from bench.calls.workloads import LIST, POINT, THOUSAND, TRIVIAL, TRIVIAL_CALL, Workload, workloads
from bench.ground import Ground, connected
from bench.processes import cpu_seconds, family_of, resident_bytes
from local.progress import step

CONCURRENCIES = (1, 8, 32)
TURNS = 5
TURN_SECONDS = 0.8
PRODUCT, IN_TWO, BARE, PEER = "product", "product in two processes", "psycopg", "dbhub"
OLD: Era = ERAS[1]

type Turn = Callable[[], Awaitable[Burst]]


@dataclass(frozen=True)
class Row:
    """One contender's medians. cpu_ms: of the server's process, a call; None where it is not a server's."""

    contender: str
    workload: str
    era: str
    concurrency: int
    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float | None
    bytes: int


@dataclass(frozen=True)
class CallFigures:
    """Of all workloads."""

    rows: tuple[Row, ...]
    resident_mb: float
    round_trips: float
    """Of a point lookup to PostgreSQL."""
    recorded: Record = RECORD

    def row(self, contender: str, workload: str, concurrency: int, era: str = MODERN) -> Row | None:
        """The one, where it was measured."""
        for row in self.rows:
            if (row.contender, row.workload, row.concurrency, row.era) == (contender, workload, concurrency, era):
                return row
        return None

    @property
    def limits(self) -> Sequence[Limit]:
        """What is claimed; of the peer, where it was measured."""
        return [*self._alone(), *self._beside_the_peer()]

    @property
    def holds(self) -> bool:
        """Whether every claim does, and none is clearly worse than recorded."""
        return all(limit.holds and not self.recorded.is_better_than(limit) for limit in self.limits)

    def record(self) -> dict[str, Any]:
        """For comparison."""
        return {
            "calls": [asdict(row) for row in self.rows],
            "calls_limits": [asdict(limit) | {"holds": limit.holds} for limit in self.limits],
            "resident_mb": self.resident_mb,
            "round_trips": self.round_trips,
        }

    def show(self, console: Console) -> None:
        """Two tables: what was measured, and what is claimed of it."""
        table = Table("", "by", "era", "at once", "calls/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "bytes")
        for row in sorted(self.rows, key=lambda row: (row.workload, row.concurrency, row.era, row.contender)):
            cpu = "" if row.cpu_ms is None else f"{row.cpu_ms:.2f}"
            times = (f"{row.p50_ms:.2f}", f"{row.p95_ms:.2f}", f"{row.p99_ms:.2f}")
            line = (row.workload, row.contender, row.era, str(row.concurrency), f"{row.rate:.0f}", *times)
            table.add_row(*line, cpu, str(row.bytes))
        console.print(table)
        claims = Table("claim", "figure", "limit", "", "recorded", "")
        for limit in self.limits:
            bound = "" if limit.at_most is None else f"at most {limit.at_most:g}"
            bound = bound if limit.at_least is None else f"at least {limit.at_least:g}"
            before = self.recorded.ratios.get(limit.claim)
            recorded = "" if before is None else f"{before:.2f}"
            worse = "worse" if self.recorded.is_better_than(limit) else ""
            holds = "✓" if limit.holds else "✗"
            claims.add_row(limit.claim, f"{limit.figure:.2f}", bound, holds, recorded, worse)
        console.print(claims)
        console.print(f"memory of a process of the server: {self.resident_mb:.0f} MB")
        console.print(f"round trips to PostgreSQL, of a {POINT}: {self.round_trips:.2f}")

    def _alone(self) -> Iterator[Limit]:
        for concurrency in CONCURRENCIES:
            ours, trivial = self.row(PRODUCT, POINT, concurrency), self.row(TRIVIAL, TRIVIAL, concurrency)
            if ours and trivial:
                claim = f"{POINT}, of the trivial tool's calls/s, {concurrency} at once"
                yield Limit(claim, ours.rate / trivial.rate, at_least=0.6)
        ours, sql = self.row(PRODUCT, POINT, 1), self.row(BARE, POINT, 1)
        if ours and sql:
            above = ours.p50_ms - sql.p50_ms
            yield Limit(f"{POINT}, {MS} above the bare SQL, p50", above, at_most=1.0)
            if trivial := self.row(TRIVIAL, TRIVIAL, 1):
                yield Limit(f"{POINT}, the same, of the trivial tool's time", above / trivial.p50_ms)
        if busy := self.row(PRODUCT, POINT, 32):
            yield Limit(f"{POINT}, p99 of p50, 32 at once", busy.p99_ms / busy.p50_ms, at_most=4.0)
        ours, sql = self.row(PRODUCT, THOUSAND, 1), self.row(BARE, THOUSAND, 1)
        if ours and sql:
            yield Limit(f"{THOUSAND}, of psycopg's and json.dumps' time, p50", ours.p50_ms / sql.p50_ms, at_most=2.0)

    def _beside_the_peer(self) -> Iterator[Limit]:
        for row in self.rows:
            if row.contender != IN_TWO:
                continue
            if peer := self.row(PEER, row.workload, row.concurrency, OLD):
                least = {POINT: 2.0, THOUSAND: 5.0}.get(row.workload, 1.0)
                claim = f"{row.workload}, of {PEER}'s calls/s, {row.concurrency} at once"
                yield Limit(claim, row.rate / peer.rate, at_least=least)


def call_figures(ground: Ground, *, peer: bool, record: bool = False) -> CallFigures:
    """Measured in turns; minutes. record: keep the ratios for the runs to come."""
    figures = _call_figures(ground, peer=peer)
    if record:
        RECORD.keep(figures.limits)
    return figures


def _call_figures(ground: Ground, *, peer: bool) -> CallFigures:
    with contenders(ground, peer=peer) as all_of_them:
        asked = workloads(an_order(ground))
        rows = asyncio.run(_measured(all_of_them, asked))
        memory = max(map(resident_bytes, family_of(all_of_them.product.pid))) / 1e6
        with step("counting round trips"), ExitStack() as parts:
            return CallFigures(tuple(rows), memory, asyncio.run(round_trips(all_of_them.setup, asked[0], parts)))


async def _measured(who: Contenders, asked: Sequence[Workload]) -> Sequence[Row]:
    rows: list[Row] = []
    for workload in asked:
        with step(f"measuring {workload.name}"):
            for concurrency in CONCURRENCIES:
                turns = dict(_turns(who, workload, concurrency))
                rows += await _in_turns(turns, workload, concurrency)
    return rows


def _turns(who: Contenders, workload: Workload, concurrency: int) -> Iterator[tuple[tuple[str, str, int | None], Turn]]:
    """By contender, era and process."""

    def of(server: Server, asked: Workload, era: Era) -> Turn:
        request = request_bytes(server.url, asked, era, server.token)
        return lambda: burst(server.url, request, asked, concurrency=concurrency, seconds=TURN_SECONDS)

    for era in ERAS if concurrency == 8 else (MODERN,):  # noqa: PLR2004
        yield (PRODUCT, era, who.product.pid), of(who.product, workload, era)
    if workload.name == POINT:
        yield (TRIVIAL, MODERN, who.trivial.pid), of(who.trivial, TRIVIAL_CALL, MODERN)
    if workload.sql is not None:
        yield (BARE, MODERN, None), lambda: bare(who.owner_url, workload, concurrency=concurrency, seconds=TURN_SECONDS)
    if who.peer and concurrency == 8 and (workload.sql or workload.name == LIST):  # noqa: PLR2004
        asked = workload if workload.sql is None else Workload(
            workload.name, "execute_sql", {"sql": workload.sql}, workload.sql, workload.rows
        )  # fmt: skip
        yield (PEER, OLD, who.peer.pid), of(who.peer, asked, OLD)
        assert who.in_two is not None
        yield (IN_TWO, OLD, who.in_two.pid), of(who.in_two, workload, OLD)


async def _in_turns(
    turns: Mapping[tuple[str, str, int | None], Turn], workload: Workload, concurrency: int
) -> Sequence[Row]:
    for turn in turns.values():
        await turn()  # to warm up
    bursts, cpu = defaultdict(list), defaultdict(list)
    for _ in range(TURNS):
        for who, turn in turns.items():
            pid = who[2]
            before = cpu_seconds(pid) if pid else 0.0
            bursts[who].append(taken := await turn())
            if pid:
                cpu[who].append((cpu_seconds(pid) - before) / len(taken.seconds))
    return [
        _row(contender, era, workload, concurrency, bursts[who], cpu[who])
        for who in turns
        for contender, era, _ in [who]
    ]


def _row(
    contender: str, era: str, workload: Workload, concurrency: int, bursts: Sequence[Burst], cpu: Sequence[float]
) -> Row:
    def median_ms(share: float) -> float:
        return 1000 * statistics.median(one.percentile(share) for one in bursts)

    return Row(
        contender=contender,
        workload=TRIVIAL if contender == TRIVIAL else workload.name,
        era=era,
        concurrency=concurrency,
        rate=statistics.median(one.rate for one in bursts),
        p50_ms=median_ms(0.5),
        p95_ms=median_ms(0.95),
        p99_ms=median_ms(0.99),
        cpu_ms=1000 * statistics.median(cpu) if cpu else None,
        bytes=bursts[0].bytes,
    )


def an_order(ground: Ground) -> int:
    """One of the store's, with many behind it."""
    with connected(ground.urls["SUPERUSER_DATABASE_URL"]) as superuser:
        row = superuser.execute(
            "SELECT min(order_id) FROM retail.orders WHERE store_id = 7 AND order_date >= '2026-06-01'"
        )
        [(order_id,)] = row.fetchall()
    return int(order_id)
