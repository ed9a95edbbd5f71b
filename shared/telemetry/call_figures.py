"""What requests came to of late: how many of which name ended how, and how long they took."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.last_good import Clock
from shared.telemetry.call_record import OK
from shared.telemetry.durations import Durations

HOUR = 3600.0
QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}

type Key = tuple[str, str]
"""Method and name, of the few that the server knows."""


@dataclass(slots=True)
class _Series:
    outcomes: Counter[str] = field(default_factory=Counter)
    durations: Durations = field(default_factory=Durations)

    @classmethod
    def together(cls, *several: "_Series") -> "_Series":
        outcomes: Counter[str] = Counter()
        for each in several:
            outcomes.update(each.outcomes)
        return cls(outcomes, Durations.together(each.durations for each in several))

    def report(self) -> dict[str, Any]:
        requests = self.outcomes.total()
        return {
            "requests": requests,
            "errors": requests - self.outcomes[OK],
            "error_share": round(1 - self.outcomes[OK] / requests, 4) if requests else None,
            "duration_ms": {name: self._milliseconds(share) for name, share in QUANTILES.items()} if requests else None,
        }

    def _milliseconds(self, share: float) -> float:
        return round((self.durations.quantile(share) or 0) * 1000, 3)


@dataclass
class _Span:
    """began: of the clock."""

    began: float
    began_at: datetime
    series: dict[Key, _Series] = field(default_factory=dict)


class CallFigures:
    """Of one process: of this hour of its life and the one before, so what was long ago hides nothing of now."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._now = self._new_span()
        self._before: _Span | None = None

    def add(self, method: str, name: str, outcome: str, seconds: float) -> None:
        """One more request. Its words are of a small set."""
        self._turn()
        found = self._now.series.get((method, name))
        if found is None:
            found = self._now.series[method, name] = _Series()
        found.outcomes[outcome] += 1
        found.durations.add(seconds)

    def report(self) -> Mapping[str, Any]:
        """As JSON; the name with the most requests first."""
        self._turn()
        spans = [span for span in (self._before, self._now) if span]
        keys = {key for span in spans for key in span.series}
        by_key = {key: _Series.together(*(span.series[key] for span in spans if key in span.series)) for key in keys}
        return {
            "since": spans[0].began_at.isoformat(timespec="seconds"),
            **_Series.together(*by_key.values()).report(),
            "by_name": [
                {"method": method, "name": name, **series.report(), "outcomes": dict(series.outcomes.most_common())}
                for (method, name), series in sorted(
                    by_key.items(), key=lambda item: (-item[1].outcomes.total(), item[0])
                )
            ],
        }

    def _turn(self) -> None:
        passed = self._clock() - self._now.began
        if passed >= HOUR:
            self._before = self._now if passed < 2 * HOUR else None
            self._now = self._new_span()

    def _new_span(self) -> _Span:
        return _Span(self._clock(), datetime.now(UTC))
