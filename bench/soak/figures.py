"""The soak: load and faults side by side, and what is to be said of them afterwards."""

import asyncio
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from bench.processes import resident_bytes
from bench.soak.faults import FAULTS, REPEATS, Fault, schedule
from bench.soak.ground import Ground, prepared_ground
from bench.soak.load import Load, Outcome
from bench.soak.questions import CALLERS, Questions

MINUTES = 10.0
RATE = 50.0
PAUSE_SECONDS = 6.0
"""Between two faults, in which all is well."""
RECOVERY_SECONDS = 6.0
"""In which calls may still say that the database was down: they wait for it."""
GROWTH_LIMIT = 0.10
"""Of the memory of an instance, of its last fifth against its second."""
SAMPLE_SECONDS = 2.0
ROTATION_SECONDS = 30.0
ROTATION, FAILED_ROTATION = "key rotation", "key rotation that failed"
"""Which it may while the vault or the database is down."""


@dataclass
class Soak:
    """What happened."""

    outcome: Outcome
    minutes: float
    rate: float
    faults: Counter[str]
    told: dict[str, Counter[str]]
    """What telemetry said had gone down, by the fault there was."""
    memory: list[list[int]] = field(default_factory=list)
    """Bytes of each instance, sample by sample."""

    @property
    def growth(self) -> list[float]:
        """Of each instance's memory."""
        return [_growth(samples) for samples in zip(*self.memory, strict=True)]

    @property
    def unexcused(self) -> Counter[str]:
        """Calls without an answer for which no database that was down is to blame, by fault and kind."""
        return Counter(
            f"{failure.fault or 'nothing wrong'}: {failure.what} of instance {failure.instance}"
            for failure in self.outcome.failures
            if not failure.excused
        )

    @property
    def untold(self) -> list[str]:
        """Faults of which telemetry said nothing."""
        return [
            fault.name for fault in FAULTS if self.faults[fault.name] and not fault.shows & self.told[fault.name].keys()
        ]

    @property
    def holds(self) -> bool:
        """No wrong answer, no foreign row, no 5xx, no call lost without the database being down, memory flat, every
        fault told."""
        outcome = self.outcome
        bad = outcome.wrong or outcome.foreign or outcome.server_errors or self.unexcused or self.untold
        return not bad and all(abs(growth) <= GROWTH_LIMIT for growth in self.growth)

    def record(self) -> dict[str, Any]:
        """For comparison."""
        outcome = self.outcome
        return {
            "soak.calls": outcome.calls,
            "soak.right": outcome.right,
            "soak.wrong": len(outcome.wrong),
            "soak.foreign": len(outcome.foreign),
            "soak.server_errors": outcome.server_errors,
            "soak.excused": sum(failure.excused for failure in outcome.failures),
            "soak.unexcused": self.unexcused.total(),
            "soak.p50_ms": outcome.percentile(0.5) * 1000,
            "soak.p99_ms": outcome.percentile(0.99) * 1000,
            "soak.growth": self.growth,
            "soak.faults": dict(self.faults),
            "soak.told": {fault: dict(told) for fault, told in self.told.items()},
        }

    def show(self, console: Console) -> None:
        """For people."""
        outcome = self.outcome
        table = Table(title=f"Soak: {self.minutes:g} minutes, {self.rate:g} calls a second, faults one at a time")
        table.add_column("what")
        table.add_column("figure", justify="right")
        for name, value in self.record().items():
            if not isinstance(value, dict | list):
                table.add_row(
                    name.removeprefix("soak."), f"{value:,.0f}" if value >= 1 or not value else f"{value:.3f}"
                )
        for number, growth in enumerate(self.growth):
            table.add_row(f"memory of instance {number}", f"{growth:+.1%} to {self.memory[-1][number] / 1e6:.0f} MB")
        for fault, count in sorted(self.faults.items()):
            table.add_row(f"times: {fault}", str(count))
        for fault_name, told in sorted(self.told.items()):
            table.add_row(f"told of {fault_name}", ", ".join(f"{name} {count}" for name, count in told.items()) or "-")
        for what, count in self.unexcused.most_common(20):
            table.add_row(f"[red]{what}[/red]", str(count))
        console.print(table)
        for problem in [*outcome.foreign[:5], *outcome.wrong[:5]]:
            console.print(problem, markup=False)


def soak(minutes: float = MINUTES, rate: float = RATE, seed: int = 1) -> Soak:
    """One run on a ground of its own."""
    with prepared_ground() as ground, ThreadPoolExecutor(1) as breaker:
        breakage = _Breakage(ground, seed)
        tokens = {name: ground.token(name) for name in CALLERS}
        load = Load(
            [instance.url for instance in ground.instances],
            tokens,
            Questions(ground.urls["SUPERUSER_DATABASE_URL"], seed),
            what_is_wrong=lambda: breakage.current,
            may_fail=breakage.database_was_down,
        )
        soaked = Soak(load.outcome, minutes, rate, breakage.happened, breakage.told)
        breaking = breaker.submit(breakage.run)
        beside = [
            threading.Thread(target=_probe, args=(ground, breakage.over)),
            threading.Thread(target=_sample, args=(ground, soaked.memory, breakage.over)),
            threading.Thread(target=_rotate, args=(ground, soaked.faults, breakage.over)),
        ]
        for thread in beside:
            thread.start()
        try:
            asyncio.run(load.run(rate, minutes * 60))
        finally:
            breakage.over.set()
            for thread in beside:
                thread.join()
        breaking.result()
        breakage.read_telemetry()
    return soaked


class _Breakage:
    """Faults one after the other, and when the database was down."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self._ground = ground
        self._schedule = schedule(seed)
        self._down: list[tuple[float, float]] = []
        self.current: str | None = None
        self.happened: Counter[str] = Counter()
        self.told: dict[str, Counter[str]] = {}
        self._spans: list[tuple[str, datetime, datetime]] = []
        self.over = threading.Event()

    def run(self) -> None:
        """Until it is over; what is broken then is mended first."""
        while not self.over.wait(PAUSE_SECONDS):
            self._break(next(self._schedule))

    def database_was_down(self, began: float, ended: float) -> bool:
        """At any time from one to the other, by the monotonic clock."""
        spans = [*self._down]
        return any(began < up and ended > down for down, up in spans)

    def read_telemetry(self) -> None:
        """What it said of each fault while that lasted and a little longer."""
        said = list(_said(self._ground.telemetry.items))
        for name, began, ended in self._spans:
            self.told.setdefault(name, Counter()).update(what for at, what in said if began <= at <= ended)

    def _break(self, fault: Fault) -> None:
        began, began_at = time.monotonic(), datetime.now(UTC)
        if fault.database_down:
            self._down.append((began, float("inf")))
        self.current = fault.name
        try:
            fault.happen(self._ground, fault.seconds)
        finally:
            self.current = None
            if fault.database_down:
                self._down[-1] = (began, time.monotonic() + RECOVERY_SECONDS)
        self.happened[fault.name] += 1
        self._spans.append((fault.name, began_at, datetime.now(UTC) + timedelta(seconds=PAUSE_SECONDS / 2)))


def _said(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[datetime, str]]:
    """When something went down, and calls that needed more than one try."""
    for item in items:
        data = item["data"]["baseData"]
        if item["data"]["baseType"] != "EventData":
            continue
        at = datetime.fromisoformat(item["time"])
        if data["name"] == "zava.component" and data["properties"]["state"] == "down":
            yield at, data["properties"]["component"]
        elif data["name"] == "zava.call" and data["measurements"].get("repeats"):
            yield at, REPEATS


def _probe(ground: Ground, over: threading.Event) -> None:
    """As a load balancer does, whatever the answer."""
    while not over.wait(SAMPLE_SECONDS):
        for instance in ground.instances:
            with suppress(httpx2.HTTPError):
                httpx2.get(f"{instance.url}/health/ready", timeout=SAMPLE_SECONDS)


def _sample(ground: Ground, memory: list[list[int]], over: threading.Event) -> None:
    while not over.wait(SAMPLE_SECONDS):
        memory.append([resident_bytes(instance.process.pid) for instance in ground.instances])


def _rotate(ground: Ground, happened: Counter[str], over: threading.Event) -> None:
    while not over.wait(ROTATION_SECONDS):
        happened[ROTATION if ground.rotate_keys() else FAILED_ROTATION] += 1


def _growth(samples: tuple[int, ...]) -> float:
    """Of the median of the last fifth against that of the second: in the first, caches fill."""
    fifth = max(len(samples) // 5, 1)
    before, after = statistics.median(samples[fifth : 2 * fifth] or samples), statistics.median(samples[-fifth:])
    return after / before - 1
