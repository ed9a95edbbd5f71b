"""When an expression is due next, and what is said about one that is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from local.functions_host.errors import ScheduleError
from local.functions_host.ncrontab import NEVER, parse_schedule, parse_time_span


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "due"),
    [
        ("* * * * * *", "2026-03-01 00:00:00", "2026-03-01 00:00:01"),
        ("* * * * * *", "2026-03-01 00:00:00.999999", "2026-03-01 00:00:01"),
        ("* * * * * *", "2026-12-31 23:59:59", "2027-01-01 00:00:00"),
        ("0 */5 * * * *", "2026-03-01 00:00:00", "2026-03-01 00:05:00"),
        ("0 */5 * * * *", "2026-03-01 00:04:59.5", "2026-03-01 00:05:00"),
        ("*/5 * * * *", "2026-03-01 00:57:00", "2026-03-01 01:00:00"),
        ("0 0 2 * * *", "2026-03-01 02:00:00", "2026-03-02 02:00:00"),
        ("0 0 2 * * *", "2026-03-01 01:59:59", "2026-03-01 02:00:00"),
        ("30 15 10 * * *", "2026-03-01 10:15:29", "2026-03-01 10:15:30"),
        ("30 15 10 * * *", "2026-03-01 10:16:00", "2026-03-02 10:15:30"),
        ("0 7-50/10 * * * *", "2026-03-01 00:30:00", "2026-03-01 00:37:00"),
        ("0 7-50/10 * * * *", "2026-03-01 00:48:00", "2026-03-01 01:07:00"),
        ("0 50/4 * * * *", "2026-03-01 00:55:00", "2026-03-01 00:58:00"),
        ("0 50/1 * * * *", "2026-03-01 00:50:00", "2026-03-01 01:50:00"),
        ("0 0 9,17 * * *", "2026-03-01 09:00:00", "2026-03-01 17:00:00"),
        ("0 0,30 9-10,22 * * *", "2026-03-01 10:30:00", "2026-03-01 22:00:00"),
        ("0 0 0 31 * *", "2026-03-31 00:00:00", "2026-05-31 00:00:00"),
        ("0 0 0 30 * *", "2027-01-30 00:00:00", "2027-03-30 00:00:00"),
        ("0 0 0 29 2 *", "2026-03-01 00:00:00", "2028-02-29 00:00:00"),
        ("0 0 0 29 2 *", "2096-02-29 00:00:00", "2104-02-29 00:00:00"),
        ("0 0 0 29 FEB MON", "2072-02-29 00:00:00", "2112-02-29 00:00:00"),
        ("0 0 0 1 Jan,jul *", "2026-01-01 00:00:00", "2026-07-01 00:00:00"),
        ("0 0 0 1 september *", "2026-01-01 00:00:00", "2026-09-01 00:00:00"),
        ("0 0 0 1 J *", "2026-02-01 00:00:00", "2027-01-01 00:00:00"),
        ("0 30 9 * * MON-FRI", "2026-03-06 09:30:00", "2026-03-09 09:30:00"),
        ("0 30 9 * * FRI-MON", "2026-03-06 09:30:00", "2026-03-09 09:30:00"),
        ("0 0 0 * * 0", "2026-03-02 00:00:00", "2026-03-08 00:00:00"),
        ("0 0 0 13 * FRI", "2026-03-14 00:00:00", "2026-11-13 00:00:00"),
        ("59 59 23 31 12 *", "2026-12-31 23:59:59", "2027-12-31 23:59:59"),
        ("  0   0  *  * * * ", "2026-03-01 00:00:00", "2026-03-01 01:00:00"),
        ("00:00:30", "2026-03-01 00:00:00.25", "2026-03-01 00:00:30.25"),
        ("1.02:03:04", "2026-03-01 00:00:00", "2026-03-02 02:03:04"),
    ],
)
def test_the_next_occurrence_is_the_first_one_after_a_moment(expression: str, after: str, due: str) -> None:
    assert parse_schedule(expression).next(utc(after)) == utc(due)


@pytest.mark.parametrize("expression", ["0 0 0 30 2 *", "0 0 0 31 APR,JUN,SEP,NOV *"])
def test_a_date_that_does_not_exist_is_never_due(expression: str) -> None:
    assert parse_schedule(expression).next(utc("2026-03-01")) == NEVER


def test_a_moment_in_another_time_zone_is_read_as_utc() -> None:
    after = datetime.fromisoformat("2026-03-01T01:30:00+02:00")
    assert parse_schedule("0 0 * * * *").next(after) == utc("2026-03-01 00:00:00")


def test_the_quarter_hours_of_a_leap_february_are_found_one_by_one() -> None:
    schedule, moment = parse_schedule("0 */15 * * * *"), utc("2028-02-01")
    for _ in range(29 * 24 * 4):
        following = schedule.next(moment)
        assert following - moment == timedelta(minutes=15)
        moment = following
    assert moment == utc("2028-03-01")


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("* * * * * * *", "has 7 fields"),
        ("60 * * * * *", "'60' is not a valid second, which is 0 to 59"),
        ("0 60 * * * *", "'60' is not a valid minute, which is 0 to 59"),
        ("0 0 24 * * *", "'24' is not a valid hour, which is 0 to 23"),
        ("0 0 0 0 * *", "'0' is not a valid day, which is 1 to 31"),
        ("0 0 0 1-32 * *", "'32' is not a valid day, which is 1 to 31"),
        ("0 0 0 * 13 *", "'13' is not a valid month, which is 1 to 12 or jan to dec"),
        ("0 0 0 * * 7", "'7' is not a valid weekday, which is 0 to 6 or sun to sat"),
        ("0 0 0 * * someday", "'someday' is not a valid weekday"),
        ("0 0 0 * MON *", "'mon' is not a valid month"),
        ("0 0 five * * *", "'five' is not a valid hour"),
        ("0 */0 * * * *", "'*/0' has a step of 0"),
        ("0 1-2-3 * * * *", "'1-2-3' is not a valid minute"),
        ("0 *-5 * * * *", "'*-5' is not a valid minute"),
        ("0 1, * * * *", "'' is not a valid minute"),
        ("0 -5 * * * *", "'-5' is not a valid minute"),
        ("0 0 0 ? * *", "'?' is not a valid day"),
        ("0 0 0 L * *", "'l' is not a valid day"),
        ("@daily", "has 1 fields"),
        ("24:00:00", "Azure reads 24:00:00 as 24 days"),
        ("00:60:00", "out of range"),
        ("00:00:00", "no time at all"),
    ],
)
def test_a_wrong_expression_is_refused_with_what_is_wrong(expression: str, complaint: str) -> None:
    with pytest.raises(ScheduleError) as refusal:
        parse_schedule(expression)
    assert complaint in str(refusal.value)


@pytest.mark.parametrize("text", ["5", "5 minutes", "-00:00:01", "1:2:3:4"])
def test_what_is_not_a_time_span_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="is not a TimeSpan"):
        parse_time_span(text)
