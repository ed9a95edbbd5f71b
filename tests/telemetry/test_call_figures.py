"""How many requests ended how and how long they took, of the last hour or two."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.telemetry.call_figures import HOUR, CallFigures
from shared.telemetry.durations import Durations
from tests.clock import FakeClock

SECONDS = st.floats(min_value=1e-5, max_value=1e4)
QUANTILES = (0.5, 0.95, 0.99)


def ranked(values: list[float], quantile: float) -> float:
    """By nearest rank, of all values."""
    return sorted(values)[math.ceil(quantile * len(values)) - 1]


@given(st.lists(SECONDS, min_size=1, max_size=300), st.lists(SECONDS, max_size=300))
def test_a_quantile_is_within_one_per_cent_of_the_ranked_value(some: list[float], others: list[float]) -> None:
    durations, more = Durations(), Durations()
    for value in some:
        durations.add(value)
    for value in others:
        more.add(value)
    both = Durations.together([durations, more])
    for quantile in QUANTILES:
        found = both.quantile(quantile)
        assert found is not None
        assert math.isclose(found, ranked(some + others, quantile), rel_tol=0.01)
    assert both.count == len(some) + len(others)


def test_without_a_value_there_is_no_quantile_and_with_odd_ones_the_memory_does_not_grow() -> None:
    durations = Durations()
    assert durations.quantile(0.5) is None
    for value in (-1.0, 0.0, 1e-12, 1e12, math.inf):
        durations.add(value)
    assert durations.quantile(0.01) == pytest.approx(1e-5, rel=0.02)
    assert durations.quantile(1) == pytest.approx(1e4, rel=0.02)
    for number in range(100_000):
        durations.add(number * 1.7 % 10_000)
    assert durations.buckets < 1_100


CALLS = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["OK", "SQL_ERROR", "HTTP_401"]), SECONDS)


@given(st.lists(CALLS, max_size=60))
def test_figures_are_the_sums_of_the_calls(calls: list[tuple[str, str, float]]) -> None:
    figures = CallFigures()
    for name, outcome, seconds in calls:
        figures.add("tools/call", name, outcome, seconds)
    report = figures.report()
    errors = sum(outcome != "OK" for _, outcome, _ in calls)
    assert (report["requests"], report["errors"]) == (len(calls), errors)
    assert report["error_share"] == (round(errors / len(calls), 4) if calls else None)
    assert (report["duration_ms"] is None) is (not calls)
    by_name = {each["name"]: each for each in report["by_name"]}
    assert by_name.keys() == {name for name, _, _ in calls}
    for name, told in by_name.items():
        assert told["outcomes"] == Counter(outcome for its, outcome, _ in calls if its == name)
        assert told["requests"] == sum(told["outcomes"].values())
        assert told["errors"] == told["requests"] - told["outcomes"].get("OK", 0)
        values = [seconds * 1000 for its, _, seconds in calls if its == name]
        true = ranked(values, 0.95)
        assert abs(told["duration_ms"]["p95"] - true) <= 0.01 * true + 0.0005  # three digits are told


def test_what_is_older_than_two_hours_is_forgotten(clock: FakeClock) -> None:
    figures = CallFigures(clock)
    since = [figures.report()["since"]]
    figures.add("tools/call", "a", "OK", 1)
    clock.now += HOUR
    figures.add("tools/call", "a", "SQL_ERROR", 2)
    report = figures.report()
    assert (report["requests"], report["errors"], report["since"]) == (2, 1, since[0])
    clock.now += HOUR
    report = figures.report()
    assert (report["requests"], report["errors"]) == (1, 1)
    clock.now += 2 * HOUR
    assert (figures.report()["requests"], figures.report()["by_name"]) == (0, [])
