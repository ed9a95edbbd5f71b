"""Runs timer functions when they are due: missed runs at start, then on schedule, each never beside itself."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from . import protos
from .errors import ScheduleError, StartError
from .ncrontab import NEVER, IntervalSchedule, Schedule, parse_schedule
from .schedule_status import ScheduleStatus, StatusFile, status_at_start
from .settings import is_disabled, resolve_references
from .worker import Function, Worker

log = logging.getLogger("functions_host")

# The wall clock is asked again at least this often: a laptop that slept, or whose clock was set, wakes up to the truth.
_LONGEST_SLEEP = 30.0


class Timer:
    """One timer function. Without a status file nothing is remembered across restarts."""

    def __init__(self, function: Function, schedule: Schedule, status_file: StatusFile | None, worker: Worker) -> None:
        self.function = function
        self._schedule = schedule
        self._status_file = status_file
        self._worker = worker
        recorded = status_file.get(function.name) if status_file else None
        self._status = status_at_start(recorded, schedule, _now())

    @property
    def next_run(self) -> datetime:
        return self._status.next

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop; a failed run is logged and the next one comes."""
        if _now() > self._status.next:
            await self._run_and_remember("IsPastDue", _now(), past_due=True)
        elif self.function.trigger.get("runOnStartup"):
            await self._run_and_remember("RunOnStartup", _now())
        while not await self._wait_until_due(stopping):
            # A clock that is a little early must not make the same occurrence due twice.
            await self._run_and_remember("Timer fired", max(_now(), self._status.next))

    async def invoke(self, reason: str, *, past_due: bool = False) -> None:
        """One run. By hand (/admin) it may run beside a scheduled one, as in Azure: a lease is the app's own task."""
        await self._worker.invoke(self.function, self._timer_info(past_due), reason=reason)

    async def _run_and_remember(self, reason: str, started: datetime, *, past_due: bool = False) -> None:
        await self.invoke(reason, past_due=past_due)
        # Counted from the start of the run: when it took longer than the pause, the next one is due at once.
        self._status = ScheduleStatus(started, self._schedule.next(started), started)
        try:
            self.remember()
        except StartError as error:
            log.error("%s", error)

    async def _wait_until_due(self, stopping: asyncio.Event) -> bool:
        """True if the host stops first."""
        while not stopping.is_set() and (seconds := (self._status.next - _now()).total_seconds()) > 0:
            try:
                await asyncio.wait_for(stopping.wait(), min(seconds, _LONGEST_SLEEP))
            except TimeoutError:
                continue
        return stopping.is_set()

    def _timer_info(self, past_due: bool) -> protos.TypedData:
        status = self._status.to_json() if self._status_file else None
        adjust = not isinstance(self._schedule, IntervalSchedule)
        info = {"Schedule": {"AdjustForDST": adjust}, "ScheduleStatus": status, "IsPastDue": past_due}
        return protos.TypedData(json=json.dumps(info))

    def remember(self) -> None:
        """Also before the first run: a run that is missed then has been promised."""
        if self._status_file:
            self._status_file.put(self.function.name, self._status)


class Timers:
    """All timers of an app."""

    def __init__(self, worker: Worker, status_file: StatusFile, environ: Mapping[str, str]) -> None:
        functions = [function for function in worker if function.trigger_type == "timertrigger"]
        self._timers = {f.name: _make_timer(f, worker, status_file, environ) for f in functions}
        self._enabled = [t for t in self._timers.values() if not is_disabled(t.function.name, environ)]
        self._tasks: list[asyncio.Task[None]] = []
        for timer in self._enabled:
            timer.remember()
            log.info("Timer 'Functions.%s' is next due at %s", timer.function.name, timer.next_run)

    def get(self, function: Function) -> Timer | None:
        """Also a disabled one: disabling stops the schedule, not `/admin`."""
        return self._timers.get(function.name)

    def start(self, stopping: asyncio.Event) -> None:
        """Once the event is set, no further run starts; running ones may finish."""
        self._tasks = [asyncio.create_task(timer.run(stopping)) for timer in self._enabled]

    async def drain(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)


def _make_timer(function: Function, worker: Worker, status_file: StatusFile, environ: Mapping[str, str]) -> Timer:
    expression = resolve_references(function.name, function.trigger["schedule"], environ)
    try:
        schedule = parse_schedule(expression)
    except ScheduleError as error:
        raise StartError(f"function {function.name}: {error}") from error
    monitored = function.trigger.get("useMonitor") is not False and not _is_sub_minute(schedule)
    return Timer(function, schedule, status_file if monitored else None, worker)


def _is_sub_minute(schedule: Schedule) -> bool:
    """The real trigger does not monitor such timers either: the next run is never far."""
    first = schedule.next(_now())
    return first != NEVER and schedule.next(first) - first < timedelta(minutes=1)


def _now() -> datetime:
    return datetime.now(UTC)
