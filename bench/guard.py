"""What the guard and the signature add to a call, in the process."""

import statistics
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rich.console import Console

from bench.row_security import QUERIES, as_asked
from shared.rls_context import sign_context
from shared.sql_guard import SqlGuard, load_allowed_functions

LIMIT_MS = 0.5
ROUNDS = 400
PRINCIPAL = UUID("0d5963bc-b203-a8b7-ce4e-9a81c65347a3")


@dataclass(frozen=True)
class GuardFigures:
    """In milliseconds a call."""

    median_ms: float

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        return self.median_ms <= LIMIT_MS

    def record(self) -> dict[str, Any]:
        """For comparison: JSON-serialisable."""
        return {"guard_and_signature_ms": self.median_ms}

    def show(self, console: Console) -> None:
        """As a line."""
        console.print(f"Guard and signature: {self.median_ms:.3f} ms a call (limit {LIMIT_MS} ms)")


def guard_figures() -> GuardFigures:
    """The median over the queries of row_security, each a little different every time, so that none is remembered."""
    guard = SqlGuard(load_allowed_functions())
    texts = [as_asked(query) for query in QUERIES.values()]
    taken = []
    for number in range(ROUNDS):
        text = f"{texts[number % len(texts)]} -- {number}"
        began = time.perf_counter()
        guard.check(text)
        sign_context(b"k" * 32, "kid", PRINCIPAL)
        taken.append(time.perf_counter() - began)
    return GuardFigures(statistics.median(taken) * 1000)
