"""The right to be the one run at work, over all instances: a row that expires."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg

from shared.errors import BackupFailed

LEASE_SECONDS = 300
"""How long a run that ended without a word keeps the next one waiting."""

RENEWED_AFTER = 60


class Lease:
    """Held until the end of the block, if it is renewed. connection: of zava_backup, autocommit, for this alone."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._holder = uuid4()
        self._taken_at = 0.0

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Whether it is this run's."""
        taken = self._take(LEASE_SECONDS)
        try:
            yield taken
        finally:
            if taken and not self._connection.closed:
                self._take(0)

    def renew(self, *, now: bool = False) -> None:
        """Asks once a minute, however often it is called, or `now`. Raises BackupFailed where another run has it."""
        if not now and time.monotonic() - self._taken_at < RENEWED_AFTER:
            return
        if not self._take(LEASE_SECONDS):
            raise BackupFailed("another run has taken over, for this one was silent for too long")

    def note(self, backup_id: str, snapshot: str, taken_at: datetime) -> None:
        """Says in the database what the next incremental backup builds on, while the lease is held."""
        self._connection.execute(
            "SELECT ops.note_backup(%s, %s, %s::pg_snapshot, %s)", (self._holder, backup_id, snapshot, taken_at)
        )

    def _take(self, seconds: int) -> bool:
        self._taken_at = time.monotonic()
        row = self._connection.execute("SELECT ops.lease_backup(%s, %s)", (self._holder, seconds)).fetchone()
        return row == (True,)
