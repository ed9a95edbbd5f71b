"""What a process has in memory while it answers 100,000 calls of every kind: little, and no more at the end."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.calls.contenders import Server, embedded, with_services
from bench.calls.figures import an_order
from bench.calls.http_client import ERAS, burst, request_bytes
from bench.calls.workloads import workloads
from bench.ground import Ground
from bench.processes import resident_bytes
from local.progress import step

CALLS = 100_000
AT_ONCE = 8
TURN_SECONDS = 1.0
MOST_MB = 150
MOST_GROWTH = 0.1
"""From the second fifth of the calls to the last, by medians: the first is for what is kept and has its bounds."""


@dataclass(frozen=True)
class Sample:
    """After so many calls."""

    calls: int
    resident_mb: float


@dataclass(frozen=True)
class MemoryFigures:
    """Of one process."""

    samples: Sequence[Sample]

    @property
    def most_mb(self) -> float:
        """At its peak."""
        return max(sample.resident_mb for sample in self.samples)

    @property
    def growth(self) -> float:
        """As a share."""
        return self._in_fifth(4) / self._in_fifth(1) - 1

    @property
    def holds(self) -> bool:
        """Whether it is as little and as flat as it may be."""
        return self.most_mb <= MOST_MB and self.growth <= MOST_GROWTH

    def record(self) -> dict[str, Any]:
        """For comparison."""
        return {"memory": [asdict(sample) for sample in self.samples]}

    def show(self, console: Console) -> None:
        """For people."""
        table = Table("a process that answers calls of every kind", "figure", "limit", "")
        calls = self.samples[-1].calls
        within = "✓" if self.most_mb <= MOST_MB else "✗"
        table.add_row(f"memory within {calls:,} calls", f"{self.most_mb:.0f} MB", f"at most {MOST_MB}", within)
        flat = "✓" if self.growth <= MOST_GROWTH else "✗"
        table.add_row("the last fifth beside the second", f"{self.growth:+.1%}", f"at most {MOST_GROWTH:.0%}", flat)
        console.print(table)

    def _in_fifth(self, number: int) -> float:
        calls = self.samples[-1].calls
        of_it = [each.resident_mb for each in self.samples if calls * number < 5 * each.calls <= calls * (number + 1)]
        return sorted(of_it)[len(of_it) // 2]


def memory_figures(ground: Ground) -> MemoryFigures:
    """Some minutes."""
    with ExitStack() as parts:
        product = embedded(with_services(ground, parts), parts)
        server = product.started(parts)
        with step(f"asking {CALLS:,} times"):
            return MemoryFigures(list(asyncio.run(_sampled(server, ground))))


async def _sampled(server: Server, ground: Ground) -> Sequence[Sample]:
    samples, calls = [], 0
    asked = workloads(an_order(ground))
    for workload, era in cycle((workload, era) for era in ERAS for workload in asked):
        request = request_bytes(server.url, workload, era, server.token)
        calls += len((await burst(server.url, request, workload, concurrency=AT_ONCE, seconds=TURN_SECONDS)).seconds)
        samples.append(Sample(calls, resident_bytes(server.pid) / 1e6))
        if calls >= CALLS:
            break
    return samples
