"""What a timer remembers across restarts, and what counts as a missed run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.functions_host.errors import StartError
from local.functions_host.ncrontab import parse_schedule
from local.functions_host.schedule_status import NEVER_RAN, ScheduleStatus, StatusFile, status_at_start

HOURLY = parse_schedule("0 0 * * * *")
NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_a_new_timer_is_due_at_its_next_occurrence() -> None:
    now = NINE + MINUTE
    assert status_at_start(None, HOURLY, now) == ScheduleStatus(NEVER_RAN, NINE + HOUR, now)


@pytest.mark.parametrize("last", [NINE, NEVER_RAN])
def test_a_missed_run_stays_due_at_the_time_it_was_missed(last: datetime) -> None:
    recorded = ScheduleStatus(last, NINE + HOUR, NINE)
    assert status_at_start(recorded, HOURLY, NINE + 3 * HOUR) == recorded


def test_an_edited_schedule_owes_no_run_of_its_past() -> None:
    now = NINE + 3 * HOUR + MINUTE
    recorded = ScheduleStatus(NINE, NINE + 30 * MINUTE, NINE)
    assert status_at_start(recorded, HOURLY, now) == ScheduleStatus(NEVER_RAN, NINE + 4 * HOUR, now)


def test_an_edited_schedule_keeps_an_occurrence_that_is_still_ahead() -> None:
    recorded = ScheduleStatus(NINE, NINE + 30 * MINUTE, NINE)
    assert status_at_start(recorded, HOURLY, NINE + MINUTE) == ScheduleStatus(NEVER_RAN, NINE + HOUR, NINE)


def test_what_is_put_is_found_again_by_the_next_host(tmp_path: Path) -> None:
    status = ScheduleStatus(NEVER_RAN, NINE + HOUR, NINE + MINUTE)
    path = tmp_path / "new" / "timers.json"
    StatusFile(path).put("backup", status)
    assert StatusFile(path).get("backup") == status
    assert StatusFile(path).get("restore") is None
    assert [each.name for each in path.parent.iterdir()] == ["timers.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"backup": {}}', '{"backup": {"Last": 1}}', '{"backup": null}'])
def test_a_damaged_file_means_starting_afresh(tmp_path: Path, content: str) -> None:
    path = tmp_path / "timers.json"
    path.write_text(content)
    assert StatusFile(path).get("backup") is None


def test_a_file_that_cannot_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"the timer state file .* cannot be written: "):
        StatusFile(tmp_path / "file" / "timers.json").put("backup", ScheduleStatus(NINE, NINE, NINE))
