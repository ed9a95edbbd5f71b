"""What a period's name means in days, and which days it is compared with. Nothing here asks the clock or the database.

*Last* and *this* count from the latest day with an order. A calendar period that this day cuts short ends there, and is
compared with as many days of the period before. A year ago are the same calendar dates, of a 29 February the 28th; a
whole month, quarter or year is compared with the whole one a year before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from shared.errors import ValidationFault

FIRST_YEAR, LAST_YEAR = 2000, 2100
MAX_RANGE_DAYS = 3_660
"""Of an explicit range: ten years."""
MONTH, QUARTER, YEAR = 1, 3, 12
"""Calendar units, in months."""

_DAY = r"\d{4}-\d{2}-\d{2}"
_CALENDAR = re.compile(r"(\d{4})(?:-(?:(\d{2})|Q([1-4])))?", re.ASCII)
_RANGE = re.compile(rf"({_DAY})/({_DAY})", re.ASCII)


@dataclass(frozen=True)
class Span:
    """Days from first to last, both counted."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


@dataclass(frozen=True, kw_only=True)
class Period:
    """Days to tell of, and those to compare with."""

    span: Span
    previous: Span
    year_ago: Span
    unfinished: bool = False
    """Whether a calendar period is cut short by the latest day."""

    def __str__(self) -> str:
        return f"{self.span}{', unfinished' if self.unfinished else ''}"


type Resolve = Callable[[date], Period]
"""The latest day with an order in, the period out."""


def parse_period(text: str) -> Resolve:
    """A word of PERIOD_WORDS, a year, quarter, month or range of days. Raises ValidationFault."""
    if text in PERIOD_WORDS:
        return PERIOD_WORDS[text]
    if found := _CALENDAR.fullmatch(text):
        return _calendar_named(*found.groups())
    if found := _RANGE.fullmatch(text):
        return _range_named(*found.groups())
    raise _not_a_period()


def last_days(days: int) -> Resolve:
    """So many days up to the latest."""
    return lambda latest: days_up_to(latest, days)


def days_up_to(last: date, days: int) -> Period:
    """So many days, compared with as many before."""
    return _of_days(Span(last - timedelta(days - 1), last))


def whole_year(latest: date) -> Period:
    """The latest twelve whole months, compared with the twelve before."""
    this = calendar_span(latest, MONTH)
    last = this if this.last == latest else calendar_span(latest, MONTH, back=1)
    before = calendar_span(last.last, MONTH, back=YEAR)
    earliest = calendar_span(last.last, MONTH, back=2 * YEAR)
    previous = Span(earliest.last + timedelta(1), before.last)
    return Period(span=Span(before.last + timedelta(1), last.last), previous=previous, year_ago=previous)


def a_year_before(day: date) -> date:
    """The same calendar date; of 29 February the 28th."""
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap_day else day.day)


def calendar_span(day: date, months: int, *, back: int = 0) -> Span:
    """The month, quarter or year around a day, or the one so many before."""
    number = (day.year * 12 + day.month - 1) // months - back
    return Span(_month(number * months), _month((number + 1) * months) - timedelta(1))


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _of_days(span: Span) -> Period:
    return Period(
        span=span,
        previous=Span(span.first - timedelta(span.days), span.first - timedelta(1)),
        year_ago=Span(a_year_before(span.first), a_year_before(span.last)),
    )


def _calendar(day: date, months: int, latest: date) -> Period:
    whole = calendar_span(day, months)
    before = calendar_span(day, months, back=1)
    year_ago = calendar_span(day, months, back=12 // months)
    if not whole.first <= latest < whole.last:
        return Period(span=whole, previous=before, year_ago=year_ago)
    span = Span(whole.first, latest)
    return Period(
        span=span,
        previous=Span(before.first, min(before.first + timedelta(span.days - 1), before.last)),
        year_ago=Span(year_ago.first, a_year_before(latest)),
        unfinished=True,
    )


def _this(months: int) -> Resolve:
    return lambda latest: _calendar(latest, months, latest)


def _last(months: int) -> Resolve:
    return lambda latest: _calendar(calendar_span(latest, months, back=1).first, months, latest)


def _calendar_named(year: str, month: str | None, quarter: str | None) -> Resolve:
    first_month = int(month) if month else 3 * int(quarter) - 2 if quarter else 1
    day = _bounded(f"{year}-{first_month:02}-01")
    months = MONTH if month else QUARTER if quarter else YEAR
    return lambda latest: _calendar(day, months, latest)


def _range_named(first: str, last: str) -> Resolve:
    span = Span(_bounded(first), _bounded(last))
    if not 1 <= span.days <= MAX_RANGE_DAYS:
        raise ValidationFault(
            "period ends before it begins, or is too long.", f"Give a range of 1 to {MAX_RANGE_DAYS} days."
        )
    return lambda _: _of_days(span)


def _bounded(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _not_a_period() from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationFault("period is out of bounds.", f"Give years from {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def _not_a_period() -> ValidationFault:
    return ValidationFault(
        "period is no period.",
        f"Use one of {', '.join(PERIOD_WORDS)}, or write it like 2026-03, 2026-Q1, 2026 or 2026-03-01/2026-03-31.",
    )


PERIOD_WORDS: dict[str, Resolve] = {
    "last_7_days": last_days(7),
    "last_30_days": last_days(30),
    "last_90_days": last_days(90),
    "last_365_days": last_days(365),
    "this_month": _this(MONTH),
    "last_month": _last(MONTH),
    "this_quarter": _this(QUARTER),
    "last_quarter": _last(QUARTER),
    "this_year": _this(YEAR),
    "last_year": _last(YEAR),
}
