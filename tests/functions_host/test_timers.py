"""Timers of a real host: on schedule, missed, at start, failing, slower than their schedule."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.processes import eventually

from .conftest import RunningHost, StartHost, environment

SECONDLY = ("every_second", "fails_every_second", "slower_than_its_schedule", "at_start_only")


@pytest.fixture(scope="module")
def ticking(start_host: StartHost) -> RunningHost:
    """All timers of the sample app except the hourly one."""
    return start_host(env=environment(timers=SECONDLY))


def runs_after(host: RunningHost, name: str, count: int) -> list[dict[str, Any]]:
    return eventually(lambda: runs if len(runs := host.runs(name)) >= count else [], f"run {count} of {name}")


def test_a_timer_fires_on_every_second(ticking: RunningHost) -> None:
    first, second = runs_after(ticking, "every_second", 2)[:2]
    assert 0.5 < second["at"] - first["at"] < 1.9
    assert second["past_due"] is False


def test_a_sub_minute_timer_is_not_monitored_as_in_azure(ticking: RunningHost) -> None:
    assert runs_after(ticking, "every_second", 1)[0]["status"] == {}


def test_a_failed_run_is_logged_and_the_next_one_comes(ticking: RunningHost) -> None:
    runs_after(ticking, "fails_every_second", 2)
    assert "RuntimeError: this run failed" in ticking.log()


def test_a_timer_never_runs_beside_itself(ticking: RunningHost) -> None:
    first, second = runs_after(ticking, "slower_than_its_schedule", 2)[:2]
    assert second["begun"] >= first["ended"]
    assert second["begun"] - first["ended"] < 0.9, "what was missed during a run is due at its end"


def test_run_on_startup_runs_once_at_start(ticking: RunningHost) -> None:
    runs_after(ticking, "every_second", 2)
    (run,) = ticking.runs("at_start_only")
    assert run["past_due"] is False


def missed_yesterday(path: Path) -> dict[str, str]:
    """Writes the state of an hourly timer that ran yesterday and then never again."""
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    status = {
        "Last": last.isoformat(),
        "Next": (last + timedelta(hours=1)).isoformat(),
        "LastUpdated": last.isoformat(),
    }
    path.write_text(json.dumps({"hourly": status}))
    return status


def test_a_missed_run_is_made_up_for_once(start_host: StartHost, tmp_path: Path) -> None:
    state_file = tmp_path / "timers.json"
    missed = missed_yesterday(state_file)
    host = start_host("--state-file", str(state_file), env=environment(timers=("hourly",)))
    (run,) = runs_after(host, "hourly", 1)
    assert (run["past_due"], run["status"]) == (True, missed)
    eventually(lambda: missed["Last"] not in state_file.read_text(), "the new state")
    assert host.stop() == 0
    assert datetime.fromisoformat(json.loads(state_file.read_text())["hourly"]["Next"]) > datetime.now(UTC)

    again = start_host("--state-file", str(state_file), env=environment(timers=("hourly",)))
    assert again.client.post("/admin/functions/hourly", json={"input": ""}).status_code == 202
    (run,) = runs_after(again, "hourly", 1)
    assert run["past_due"] is False


def test_a_missing_schedule_setting_names_function_and_setting(fails_to_start: Callable[..., str]) -> None:
    env = environment()
    del env["HOURLY_SCHEDULE"]
    said = fails_to_start("--port", "0", env=env)
    expected = "function hourly: %HOURLY_SCHEDULE% names the app setting HOURLY_SCHEDULE, which is not set"
    assert said.splitlines()[-1] == f"The host cannot start: {expected}."


def test_a_wrong_schedule_names_the_function(fails_to_start: Callable[..., str]) -> None:
    said = fails_to_start("--port", "0", env=environment({"HOURLY_SCHEDULE": "0 0 25 * * *"}))
    assert said.splitlines()[-1].startswith("The host cannot start: function hourly: '25' is not a valid hour")
