"""When a timer last ran and when it is due, kept in one JSON file across restarts.

The rules are ScheduleMonitor.CheckPastDueAsync's in azure-webjobs-sdk-extensions; the file stands for its blob.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from .errors import StartError
from .ncrontab import Schedule

log = logging.getLogger("functions_host")

NEVER_RAN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ScheduleStatus:
    """All three in UTC; `last` is NEVER_RAN until the first run."""

    last: datetime
    next: datetime
    last_updated: datetime

    @classmethod
    def from_json(cls, document: dict[str, str]) -> Self:
        read = datetime.fromisoformat
        return cls(read(document["Last"]), read(document["Next"]), read(document["LastUpdated"]))

    def to_json(self) -> dict[str, str]:
        """The shape that azure.functions.TimerRequest.schedule_status shows to the function."""
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.last_updated.isoformat(),
        }


def status_at_start(recorded: ScheduleStatus | None, schedule: Schedule, now: datetime) -> ScheduleStatus:
    """What is due next; a `next` in the past means that a run was missed while no host was up."""
    if recorded is None:
        return ScheduleStatus(NEVER_RAN, schedule.next(now), now)
    basis = recorded.last if recorded.last != NEVER_RAN else recorded.last_updated
    expected = schedule.next(basis)
    if recorded.next == expected:
        return recorded
    # The schedule was edited: its missed runs were never promised, so they are not past due.
    if expected < now:
        basis, expected = now, schedule.next(now)
    return ScheduleStatus(NEVER_RAN, expected, basis)


class StatusFile:
    """One file for all timers of an app."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._statuses = _read(path)

    def get(self, function_name: str) -> ScheduleStatus | None:
        return self._statuses.get(function_name)

    def put(self, function_name: str, status: ScheduleStatus) -> None:
        """Written whole or not at all: a host may be killed at any time."""
        self._statuses[function_name] = status
        document = {name: each.to_json() for name, each in self._statuses.items()}
        try:
            _replace(self._path, json.dumps(document, indent=2) + "\n")
        except OSError as error:
            raise StartError(f"the timer state file {self._path} cannot be written: {error.strerror}") from error


def _read(path: Path) -> dict[str, ScheduleStatus]:
    if not path.exists():
        return {}
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: ScheduleStatus.from_json(each) for name, each in document.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("the timer state file %s is not readable (%s); timers start afresh", path, error)
        return {}


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():  # os.replace would take the place of a device such as /dev/null
        raise OSError(errno.EINVAL, "not a regular file")
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as temporary:
        temporary.write(text)
    os.replace(temporary.name, path)
