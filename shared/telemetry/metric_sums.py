"""Values in one by one, what they come to out once in a while: a minute of calls is a handful of numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.telemetry.items import Metric

MOST_SERIES = 1000
OTHER = {"other": "true"}
"""The properties of all series beyond."""


@dataclass(slots=True)
class _Sum:
    value: float = 0.0
    count: int = 0
    least: float = float("inf")
    largest: float = float("-inf")


class MetricSums:
    """Of one process: a sum for each metric and its properties."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, tuple[tuple[str, str], ...]], _Sum] = {}

    def add(self, metric: str, value: float, properties: Mapping[str, str]) -> None:
        """One more value."""
        series = metric, tuple(properties.items())
        found = self._sums.get(series)
        if found is None:
            if len(self._sums) >= MOST_SERIES:
                series = metric, tuple(OTHER.items())
            found = self._sums.setdefault(series, _Sum())
        found.value += value
        found.count += 1
        found.least, found.largest = min(found.least, value), max(found.largest, value)

    def taken(self) -> Iterator[Metric]:
        """All of them, which begin anew."""
        sums, self._sums = self._sums, {}
        for (metric, properties), each in sums.items():
            yield Metric(
                name=metric,
                properties=dict(properties),
                value=each.value,
                count=each.count,
                least=each.least,
                largest=each.largest,
            )
