"""The shapes of infra/bicep under rising load, and what they would be without PgBouncer."""

from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.scaling.simulation import Load, Outcome, Shape, simulate

DATABASE_MS = 10.0
"""Processor time of a call in the database: an assumption, --database-ms has another."""
DEV = Shape("dev: B2s, 40 × 3, no PgBouncer", instances=40, pool=3, limit=200, processors=2)
PROD = Shape("prod: D4ds_v5, 100 × 16, PgBouncer 100", instances=100, pool=16, limit=200, processors=4, pooler=100)
WITHOUT = Shape("prod without PgBouncer", instances=100, pool=16, limit=200, processors=4)
LARGER = Shape("prod on D16ds_v5", instances=100, pool=16, limit=200, processors=16, pooler=100)
SHARES = (0.5, 0.9, 1.2)
"""Of what the database's processors can do."""


@dataclass(frozen=True)
class ScalingFigures:
    """A row for each shape and load."""

    outcomes: list[Outcome]
    seed: int
    database_ms: float

    @property
    def holds(self) -> bool:
        """Whether the shapes that are deployed stay within their connections."""
        deployed = [each for each in self.outcomes if each.shape in (DEV, PROD, LARGER)]
        return all(each.connections <= each.shape.limit for each in deployed)

    def record(self) -> dict[str, Any]:
        """For comparison: JSON-serialisable."""
        return {
            f"scaling {each.shape.name} at {each.load.rate:g}/s": {
                "answered": each.answered,
                "refused": each.refused,
                "median_ms": round(each.quantile(0.5) * 1000, 1),
                "p99_ms": round(each.quantile(0.99) * 1000, 1),
                "instances": each.instances,
                "connections": each.connections,
                "utilisation": round(each.utilisation, 3),
            }
            for each in self.outcomes
        }

    def show(self, console: Console) -> None:
        """As a table."""
        title = f"Simulated, {self.database_ms:g} ms of the database's processor a call, 60 seconds, seed {self.seed}"
        names = ("shape", "calls/s", "answers/s", "refused", "median ms", "p99 ms", "instances", "connections", "busy")
        table = Table(*names, title=title)
        for each in self.outcomes:
            table.add_row(
                each.shape.name,
                f"{each.load.rate:g}",
                f"{each.throughput:.0f}",
                str(each.refused),
                f"{each.quantile(0.5) * 1000:.0f}",
                f"{each.quantile(0.99) * 1000:.0f}",
                str(each.instances),
                str(each.connections),
                f"{each.utilisation:.0%}",
            )
        console.print(table)


def scaling_figures(seed: int = 1, database_ms: float = DATABASE_MS) -> ScalingFigures:
    """Each shape at shares of what its database can do."""
    outcomes = []
    for shape in (DEV, PROD, WITHOUT, LARGER):
        most = shape.processors * 1000 / database_ms
        outcomes += [simulate(shape, Load(share * most, database_ms), seed) for share in SHARES]
    return ScalingFigures(outcomes, seed, database_ms)
