"""A schedule expression in, the next time it is due out: NCRONTAB and TimeSpan, always in UTC.

Written after NCrontab (github.com/atifaziz/NCrontab), which the timer trigger uses: names are prefixes ("J" is
January), a reversed range is swapped ("FRI-MON" is Monday to Friday), and day and weekday must both match. One
difference: a step of 0 is refused here, where NCrontab silently takes 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from .errors import ScheduleError

NEVER = datetime.max.replace(tzinfo=UTC)
"""The next occurrence of a schedule that has none, such as 30 February (.NET's DateTime.MaxValue)."""

# The longest wait that ends: 29 February on a given weekday, across a century year without a leap day.
_YEARS_TO_SEARCH = 41


class Schedule(Protocol):
    """When something is due."""

    def next(self, after: datetime) -> datetime:
        """The first time later than `after` (aware), or NEVER."""


@dataclass(frozen=True)
class _FieldKind:
    name: str
    lowest: int
    highest: int
    value_names: tuple[str, ...] = ()


_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_FIELD_KINDS = (
    _FieldKind("second", 0, 59),
    _FieldKind("minute", 0, 59),
    _FieldKind("hour", 0, 23),
    _FieldKind("day", 1, 31),
    _FieldKind("month", 1, 12, _MONTHS),
    _FieldKind("weekday", 0, 6, _WEEKDAYS),
)
_TIME_SPAN = re.compile(r"(?:([0-9]{1,5})\.)?([0-9]{1,5}):([0-9]{1,5}):([0-9]{1,5})")
_ELEMENT = re.compile(r"(\*|[0-9a-z]+)(?:-([0-9a-z]+))?(?:/([0-9]+))?")


class CronSchedule:
    """`second minute hour day month weekday`; with five fields the second is 0."""

    def __init__(self, expression: str) -> None:
        fields = expression.lower().split()
        if len(fields) == 5:
            fields.insert(0, "0")
        if len(fields) != 6:
            raise ScheduleError(f"{expression!r} has {len(fields)} fields; NCRONTAB has six, or five without seconds")
        parsed = [_parse_field(text, kind) for text, kind in zip(fields, _FIELD_KINDS, strict=True)]
        self._seconds, self._minutes, self._hours, self._days, self._months, self._weekdays = parsed

    def next(self, after: datetime) -> datetime:
        start = after.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        for day in self._dates_from(start.date()):
            earliest = start.time() if day == start.date() else time.min
            if (at := self._time_from(earliest)) is not None:
                return datetime.combine(day, at, UTC)
        return NEVER

    def _dates_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, min(first.year + _YEARS_TO_SEARCH, date.max.year + 1)):
            for month in (month for month in self._months if (year, month) >= (first.year, first.month)):
                for day in self._days:
                    found = _date_or_none(year, month, day)
                    if found and found >= first and found.isoweekday() % 7 in self._weekdays:
                        yield found

    def _time_from(self, earliest: time) -> time | None:
        for hour in (hour for hour in self._hours if hour >= earliest.hour):
            for minute in (minute for minute in self._minutes if (hour, minute) >= (earliest.hour, earliest.minute)):
                for second in self._seconds:
                    if (at := time(hour, minute, second)) >= earliest:
                        return at
        return None


@dataclass(frozen=True)
class IntervalSchedule:
    """`hh:mm:ss` or `d.hh:mm:ss`: the same pause between any two runs."""

    interval: timedelta

    def next(self, after: datetime) -> datetime:
        return after.astimezone(UTC) + self.interval


def parse_schedule(expression: str) -> Schedule:
    """The schedule that an expression stands for; ScheduleError says what is wrong with it."""
    if _TIME_SPAN.fullmatch(expression.strip()):
        return IntervalSchedule(parse_time_span(expression))
    return CronSchedule(expression)


def parse_time_span(text: str) -> timedelta:
    """A .NET TimeSpan `[d.]hh:mm:ss` longer than nothing."""
    match = _TIME_SPAN.fullmatch(text.strip())
    if match is None:
        raise ScheduleError(f"{text!r} is not a TimeSpan of the form hh:mm:ss or d.hh:mm:ss")
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:  # .NET reads 24:00:00 as 24 days; nobody who writes it means that
        raise ScheduleError(f"{text!r} is out of range; a day is 1.00:00:00, and Azure reads 24:00:00 as 24 days")
    if not (span := timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)):
        raise ScheduleError(f"{text!r} is no time at all")
    return span


def _parse_field(text: str, kind: _FieldKind) -> tuple[int, ...]:
    return tuple(sorted({value for element in text.split(",") for value in _parse_element(element, kind)}))


def _parse_element(element: str, kind: _FieldKind) -> range:
    match = _ELEMENT.fullmatch(element)
    if match is None or (match[1] == "*" and match[2]):
        raise ScheduleError(f"{element!r} is not a valid {kind.name}")
    step = int(match[3] or 1)
    if step == 0:
        raise ScheduleError(f"{element!r} has a step of 0; a {kind.name} needs a step of at least 1")
    first, last = _bounds(match[1], match[2], step, kind)
    return range(first, last + 1, step)


def _bounds(first: str, last: str | None, step: int, kind: _FieldKind) -> tuple[int, int]:
    if first == "*":
        return kind.lowest, kind.highest
    start = _parse_value(first, kind)
    if last is None:
        return start, kind.highest if step > 1 else start
    end = _parse_value(last, kind)
    return min(start, end), max(start, end)


def _parse_value(text: str, kind: _FieldKind) -> int:
    if text.isdigit():
        value = int(text)
    else:
        value = next((i for i, name in enumerate(kind.value_names, kind.lowest) if name.startswith(text)), -1)
    if not kind.lowest <= value <= kind.highest:
        names = f" or {kind.value_names[0][:3]} to {kind.value_names[-1][:3]}" if kind.value_names else ""
        raise ScheduleError(f"{text!r} is not a valid {kind.name}, which is {kind.lowest} to {kind.highest}{names}")
    return value


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
