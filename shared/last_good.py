"""One value read from elsewhere: one reading for all who wait, the last good value while the source is down."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.errors import ZavaError

log = logging.getLogger(__name__)

type Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How long a value is good and how often its source may be asked. All in seconds."""

    fresh_for: float
    """A value younger than this is handed out without waiting."""
    renewed_after: float = math.inf
    """A fresh value older than this is read anew in the background."""
    usable_for: float = math.inf
    """A value older than this is not handed out, even when no newer one can be had."""
    patience: float = 0
    """How long a caller who could use the old value waits for a newer one."""
    retry_gap: float
    """Between the starts of two readings."""


class LastGood[T]:
    """Keeps what `read` returned last. It belongs to one event loop, like the reading it may have under way.

    read: raises a ZavaError when the source is down; anything else it raises is a bug and reaches the caller.
    name: what the log calls the value.
    """

    def __init__(
        self, read: Callable[[], Awaitable[T]], freshness: Freshness, *, name: str, clock: Clock = time.monotonic
    ) -> None:
        self._read = read
        self._freshness = freshness
        self._name = name
        self._clock = clock
        self._kept: tuple[T, float] | None = None
        self._error: ZavaError | None = None
        self._reading: asyncio.Task[None] | None = None
        self._started_at = -math.inf

    def begin(self) -> None:
        """Ask meanwhile, so that the first caller need not wait."""
        self._latest_reading()

    async def value(self) -> T:
        """The value, asking the source when it is no longer fresh; raises the source's error when none is usable."""
        if self._kept and self._younger_than(self._freshness.fresh_for):
            if not self._younger_than(self._freshness.renewed_after):
                self._latest_reading()
            return self._kept[0]
        reading = self._latest_reading()
        if not self._younger_than(self._freshness.usable_for):
            await _finished(reading)
        elif self._error is None:  # an outage is waited for by the first who meets it, not by every caller
            await _finished(reading, self._freshness.patience)
        return self._usable()

    async def renewed(self) -> T:
        """The value as the source has it now, unless it was asked a retry_gap ago; raises the source's error."""
        enough = self._clock() - self._freshness.retry_gap
        await _finished(self._latest_reading())
        if self._started_at < enough:  # a slow one: its answer is as old as its question
            await _finished(self._latest_reading())
        if self._error is not None:
            raise self._error.with_traceback(None)
        return self._usable()

    async def close(self) -> None:
        """Ends a reading that is under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})

    def _latest_reading(self) -> asyncio.Task[None]:
        """The reading under way, the last one while it is too early for another, or a new one."""
        reading = self._reading
        due = self._clock() - self._started_at >= self._freshness.retry_gap
        if reading is None or reading.cancelled() or (reading.done() and due):
            self._started_at = self._clock()
            # A task of its own: a caller who goes away does not take the reading from the others.
            reading = self._reading = asyncio.create_task(self._read_once())
        return reading

    async def _read_once(self) -> None:
        try:
            value = await self._read()
        except ZavaError as error:
            log.warning("%s cannot be read: %s (%s)", self._name, error, type(error.__cause__).__name__)
            self._error = error
        else:
            self._kept, self._error = (value, self._clock()), None

    def _younger_than(self, seconds: float) -> bool:
        return self._kept is not None and self._clock() - self._kept[1] < seconds

    def _usable(self) -> T:
        if self._kept and self._younger_than(self._freshness.usable_for):
            return self._kept[0]
        # Raised again by each caller: without the reset the traceback would grow with every one.
        raise (self._error or ZavaError(f"{self._name} has never been read")).with_traceback(None)


async def _finished(reading: asyncio.Task[None], patience: float | None = None) -> None:
    """Waits for the reading, at most `patience` seconds; a bug in it is raised here."""
    await asyncio.wait({reading}, timeout=patience)
    if reading.done():
        reading.result()
