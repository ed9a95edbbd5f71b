"""Statements that took long, by a fingerprint: the same for the same statement with other constants, never its text."""

import logging
import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pgparse  # type: ignore[import-not-found]  # a C extension without type hints

from shared.database.statement import Statement
from shared.telemetry.adapter import Telemetry
from shared.telemetry.call_record import current_record
from shared.telemetry.items import Event

log = logging.getLogger(__name__)

SLOW_SECONDS = 1.0
KEPT = 20
FINGERPRINTS = 50
"""Of which it is known how often; beyond, the one goes that has not been slow for longest."""

_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sbt]")


@dataclass(frozen=True)
class SlowStatement:
    """One that took longer than SLOW_SECONDS, whether it ended well or not."""

    at: datetime
    seconds: float
    fingerprint: str
    """libpg_query's, 16 hexadecimal digits."""
    callers: bool
    """Whether a caller wrote it; otherwise it is the server's own."""

    def report(self) -> dict[str, object]:
        """As JSON."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "fingerprint": self.fingerprint,
            "written_by": self.written_by,
        }

    @property
    def written_by(self) -> str:
        """In a word."""
        return "caller" if self.callers else "server"


@dataclass
class _Fingerprint:
    """How often it was slow, the longest of these, and the last."""

    count: int
    longest: float
    last: SlowStatement

    def report(self) -> dict[str, object]:
        return {
            "fingerprint": self.last.fingerprint,
            "written_by": self.last.written_by,
            "count": self.count,
            "longest_seconds": round(self.longest, 3),
            "last_at": self.last.at.isoformat(timespec="seconds"),
        }


class SlowStatements:
    """The last KEPT, how many there were, and how many of each fingerprint."""

    def __init__(self, telemetry: Telemetry | None = None, *, slow_seconds: float = SLOW_SECONDS) -> None:
        self._telemetry = telemetry
        self._slow_seconds = slow_seconds
        self._kept: deque[SlowStatement] = deque(maxlen=KEPT)
        self._count = 0
        self._by_fingerprint: dict[tuple[str, bool], _Fingerprint] = {}

    @contextmanager
    def watched(self, statement: Statement) -> Iterator[None]:
        """Around the conversation with the database."""
        began = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - began
            if seconds > self._slow_seconds:
                self._note(statement, seconds)

    def report(self) -> dict[str, object]:
        """As JSON, the latest first."""
        return {
            "over_seconds": self._slow_seconds,
            "count": self._count,
            "last": [each.report() for each in reversed(self._kept)],
            "fingerprints": [
                each.report() for each in sorted(self._by_fingerprint.values(), key=lambda each: -each.count)
            ],
        }

    def _note(self, statement: Statement, seconds: float) -> None:
        slow = SlowStatement(datetime.now(UTC), seconds, fingerprint_of(statement), statement.counted)
        self._count += 1
        self._kept.append(slow)
        self._count_fingerprint(slow)
        log.warning("slow statement %s of the %s: %.3f s", slow.fingerprint, slow.written_by, seconds)
        if self._telemetry is not None:
            record = current_record.get()
            properties = {"fingerprint": slow.fingerprint, "written_by": slow.written_by}
            self._telemetry.give(
                Event(
                    name="zava.slow_statement",
                    at=slow.at,
                    trace_parent=record.trace_parent if record else None,
                    properties=properties,
                    measurements={"database_ms": seconds * 1000},
                )
            )

    def _count_fingerprint(self, slow: SlowStatement) -> None:
        key = slow.fingerprint, slow.callers
        found = self._by_fingerprint.pop(key, _Fingerprint(0, 0.0, slow))
        # Behind the others, so the first one is the one that has not been slow for longest.
        self._by_fingerprint[key] = _Fingerprint(found.count + 1, max(found.longest, slow.seconds), slow)
        if len(self._by_fingerprint) > FINGERPRINTS:
            del self._by_fingerprint[next(iter(self._by_fingerprint))]


def fingerprint_of(statement: Statement) -> str:
    """Of what PostgreSQL parses; "unknown" where libpg_query does not."""
    text = statement.text
    if statement.parameters is not None:  # psycopg's placeholders are no SQL
        text = _PLACEHOLDER.sub("$1", text).replace("%%", "%")
    try:
        fingerprint: str = pgparse.fingerprint(text)
    except pgparse.PGQueryError:
        return "unknown"
    return fingerprint
