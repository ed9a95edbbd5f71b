"""What periods are called and which days they are. Neither clock nor database."""

from datetime import date, timedelta

import pytest

from shared.errors import ValidationFault
from shared.reports.periods import (
    PERIOD_WORDS,
    Period,
    a_year_before,
    calendar_span,
    days_up_to,
    parse_period,
    whole_year,
)


def told(text: str, latest: str) -> tuple[str, str, str, bool]:
    period = parse_period(text)(date.fromisoformat(latest))
    return str(period.span), str(period.previous), str(period.year_ago), period.unfinished


CASES = {
    ("last_7_days", "2026-03-03"): (
        *("2026-02-25 to 2026-03-03", "2026-02-18 to 2026-02-24", "2025-02-25 to 2025-03-03", False),
    ),
    ("last_30_days", "2026-01-15"): (
        *("2025-12-17 to 2026-01-15", "2025-11-17 to 2025-12-16", "2024-12-17 to 2025-01-15", False),
    ),
    ("last_365_days", "2026-12-31"): (
        *("2026-01-01 to 2026-12-31", "2025-01-01 to 2025-12-31", "2025-01-01 to 2025-12-31", False),
    ),
    # Cut short: as many days of the period before, the same dates of a year ago.
    ("this_month", "2026-03-15"): (
        *("2026-03-01 to 2026-03-15", "2026-02-01 to 2026-02-15", "2025-03-01 to 2025-03-15", True),
    ),
    ("this_month", "2026-03-30"): (  # February has no 30 days
        *("2026-03-01 to 2026-03-30", "2026-02-01 to 2026-02-28", "2025-03-01 to 2025-03-30", True),
    ),
    ("this_month", "2026-03-31"): (  # whole, so against a whole one
        *("2026-03-01 to 2026-03-31", "2026-02-01 to 2026-02-28", "2025-03-01 to 2025-03-31", False),
    ),
    ("this_month", "2026-01-01"): (
        *("2026-01-01 to 2026-01-01", "2025-12-01 to 2025-12-01", "2025-01-01 to 2025-01-01", True),
    ),
    ("last_month", "2026-01-01"): (
        *("2025-12-01 to 2025-12-31", "2025-11-01 to 2025-11-30", "2024-12-01 to 2024-12-31", False),
    ),
    ("this_quarter", "2026-05-01"): (
        *("2026-04-01 to 2026-05-01", "2026-01-01 to 2026-01-31", "2025-04-01 to 2025-05-01", True),
    ),
    ("last_quarter", "2026-02-10"): (
        *("2025-10-01 to 2025-12-31", "2025-07-01 to 2025-09-30", "2024-10-01 to 2024-12-31", False),
    ),
    ("this_year", "2024-02-29"): (
        *("2024-01-01 to 2024-02-29", "2023-01-01 to 2023-03-01", "2023-01-01 to 2023-02-28", True),
    ),
    ("last_year", "2026-12-31"): (
        *("2025-01-01 to 2025-12-31", "2024-01-01 to 2024-12-31", "2024-01-01 to 2024-12-31", False),
    ),
    # 29 February: whole months against whole months, ranges by their dates.
    ("2024-02", "2026-12-31"): (
        *("2024-02-01 to 2024-02-29", "2024-01-01 to 2024-01-31", "2023-02-01 to 2023-02-28", False),
    ),
    ("2025-02", "2026-12-31"): (
        *("2025-02-01 to 2025-02-28", "2025-01-01 to 2025-01-31", "2024-02-01 to 2024-02-29", False),
    ),
    ("2024-02-29/2024-02-29", "2026-12-31"): (
        *("2024-02-29 to 2024-02-29", "2024-02-28 to 2024-02-28", "2023-02-28 to 2023-02-28", False),
    ),
    ("2025-02-28/2025-02-28", "2026-12-31"): (
        *("2025-02-28 to 2025-02-28", "2025-02-27 to 2025-02-27", "2024-02-28 to 2024-02-28", False),
    ),
    ("2026-Q1", "2026-12-31"): (
        *("2026-01-01 to 2026-03-31", "2025-10-01 to 2025-12-31", "2025-01-01 to 2025-03-31", False),
    ),
    ("2026-Q4", "2026-11-30"): (
        *("2026-10-01 to 2026-11-30", "2026-07-01 to 2026-08-30", "2025-10-01 to 2025-11-30", True),
    ),
    ("2026", "2026-12-31"): (
        *("2026-01-01 to 2026-12-31", "2025-01-01 to 2025-12-31", "2025-01-01 to 2025-12-31", False),
    ),
    ("2027-03", "2026-12-31"): (  # all of it is still to come
        *("2027-03-01 to 2027-03-31", "2027-02-01 to 2027-02-28", "2026-03-01 to 2026-03-31", False),
    ),
    ("2026-03-01/2026-03-31", "2026-03-15"): (  # a range is what was asked for
        *("2026-03-01 to 2026-03-31", "2026-01-29 to 2026-02-28", "2025-03-01 to 2025-03-31", False),
    ),
    ("2000-01-01/2000-01-01", "2026-12-31"): (
        *("2000-01-01 to 2000-01-01", "1999-12-31 to 1999-12-31", "1999-01-01 to 1999-01-01", False),
    ),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} on {case[1]}")
def test_a_period_and_what_it_is_compared_with(case: tuple[str, str]) -> None:
    assert told(*case) == CASES[case]


@pytest.mark.parametrize("word", PERIOD_WORDS)
def test_every_word_holds_on_every_day_of_two_years(word: str) -> None:
    latest = date(2023, 12, 31)
    while (latest := latest + timedelta(1)) < date(2026, 1, 1):
        period = PERIOD_WORDS[word](latest)
        assert period.span.last <= latest
        assert period.previous.last < period.span.first
        assert period.previous.days >= 1
        if period.unfinished or word.endswith("days"):
            assert period.previous.days <= period.span.days
        else:
            assert period.previous.last + timedelta(1) == period.span.first
        assert abs(period.year_ago.days - period.span.days) <= 1


def test_days_that_are_counted() -> None:
    period = days_up_to(date(2026, 3, 1), 1)
    assert (period.span.days, str(period.previous)) == (1, "2026-02-28 to 2026-02-28")
    assert a_year_before(date(2024, 2, 29)) == date(2023, 2, 28)
    assert str(calendar_span(date(2026, 1, 31), 1, back=13)) == "2024-12-01 to 2024-12-31"


@pytest.mark.parametrize(
    ("latest", "span", "previous"),
    [
        ("2026-12-31", "2026-01-01 to 2026-12-31", "2025-01-01 to 2025-12-31"),
        ("2026-12-30", "2025-12-01 to 2026-11-30", "2024-12-01 to 2025-11-30"),
        ("2024-02-29", "2023-03-01 to 2024-02-29", "2022-03-01 to 2023-02-28"),
        ("2024-02-28", "2023-02-01 to 2024-01-31", "2022-02-01 to 2023-01-31"),
        ("2026-01-01", "2025-01-01 to 2025-12-31", "2024-01-01 to 2024-12-31"),
    ],
)
def test_a_year_of_whole_months(latest: str, span: str, previous: str) -> None:
    period = whole_year(date.fromisoformat(latest))
    assert (str(period.span), str(period.previous)) == (span, previous)


def test_an_unfinished_period_says_so() -> None:
    assert str(parse_period("this_month")(date(2026, 3, 2))) == "2026-03-01 to 2026-03-02, unfinished"
    assert str(parse_period("last_month")(date(2026, 3, 2))) == "2026-02-01 to 2026-02-28"


@pytest.mark.parametrize(
    "text",
    [
        *("", "last_8_days", "LAST_7_DAYS", "2026-13", "2026-00", "2026-Q5", "2026-3", "26", "yesterday", "2026-W01"),
        *("2026-02-29/2026-03-01", "2026-03-31/2026-03-01", "2026-03-01", "2016-01-01/2026-12-31", "1999", "2101-01"),
        *("2026-03-01/2026-03-31 ", "2026\n", "٢٠٢٦", "0000", "9999-12-01/9999-12-31"),
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValidationFault) as refusal:
        parse_period(text)
    assert "2026-Q1" in refusal.value.remedy or "to" in refusal.value.remedy


def test_the_longest_range() -> None:
    first = date(2016, 1, 1)
    period: Period = parse_period(f"{first}/{first + timedelta(3659)}")(date(2026, 1, 1))
    assert period.span.days == 3660
