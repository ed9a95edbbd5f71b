"""One run of a backup: the connections, the right to it, and its end, which makes it one."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from shared.backups.blob_store import BlobStore
from shared.backups.connection import Connection, connected
from shared.backups.lease import Lease
from shared.backups.manifest import Manifest, Table, write_manifest
from shared.backups.signature import Keys
from shared.backups.snapshot import Snapshot

log = logging.getLogger(__name__)

type Show = Callable[[str, int], None]
"""Called with a table's name and how many bytes of its rows were read."""


class Run:
    """Holds the lease. reading: for the snapshot, and nothing is written by it."""

    def __init__(self, reading: Connection, lease: Lease, show: Show) -> None:
        self.reading = reading
        self._lease = lease
        self._show = show
        self._began = time.monotonic()

    def watched(self, table: str, rows: Iterator[bytearray]) -> Iterator[bytearray]:
        """The same rows; keeps the lease while they come."""
        for chunk in rows:
            self._lease.renew()
            self._show(table, len(chunk))
            yield chunk

    def complete(
        self,
        snapshot: Snapshot,
        backup_id: str,
        tables: tuple[Table, ...],
        store: BlobStore,
        keys: Keys,
        *,
        base: Manifest | None = None,
    ) -> Manifest:
        """Writes the manifest, and tells the database what the next one builds on."""
        made = Manifest(
            id=backup_id,
            kind="incremental" if base else "full",
            base=base.id if base else None,
            since=base.snapshot if base else None,
            taken_at=snapshot.taken_at,
            snapshot=snapshot.name,
            triggers=snapshot.triggers,
            server_version=snapshot.server_version,
            migrations=dict(snapshot.migrations),
            extensions=dict(snapshot.extensions),
            sequences=snapshot.sequences(),
            tables=tables,
        )
        self._lease.renew(now=True)  # who has lost it leaves no manifest
        write_manifest(store, made, keys)
        # Who is killed before this leaves a backup on which none builds.
        self._lease.note(made.id, made.snapshot, made.taken_at)
        log.info(
            "backup %s (%s): %d rows, %d bytes, packed %d, %.1f s",
            made.id, made.kind, made.rows, made.raw_bytes, made.stored_bytes, time.monotonic() - self._began,
        )  # fmt: skip
        return made


@contextmanager
def one_run(database_url: str, password: str | None, show: Show) -> Iterator[Run | None]:
    """None where another run is at work. password: of the login zava_backup, where the URL has none."""
    # Two connections, for the one with the snapshot writes nothing. Whole tables are read on others (table_reader.py).
    with (
        connected(database_url, password, "-c default_transaction_read_only=off") as beside,
        connected(database_url, password) as reading,
    ):
        lease = Lease(beside)
        with lease.held() as taken:
            if not taken:
                log.info("backup: another run is at work")
            yield Run(reading, lease, show) if taken else None


def is_young(newest: Manifest | None, unless_younger_than: timedelta) -> bool:
    """Whether no other backup is needed yet."""
    if newest is None or datetime.now(UTC) - newest.taken_at >= unless_younger_than:
        return False
    log.info("backup: %s is young enough", newest.id)
    return True


def show_nothing(table: str, done: int) -> None:
    """For who shows no progress."""
