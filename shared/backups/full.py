"""Makes a full backup: every row of one snapshot, in parts, and the manifest behind all of them."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from shared.backups.blob_store import BlobStore
from shared.backups.connection import Connection, connected
from shared.backups.lease import Lease
from shared.backups.listing import newest_complete
from shared.backups.manifest import Manifest, Table, new_id, write_manifest
from shared.backups.parts import Packer
from shared.backups.selection import IN_BACKUP
from shared.backups.signature import Keys
from shared.backups.snapshot import Snapshot, open_snapshot

log = logging.getLogger(__name__)

type Show = Callable[[str, int], None]
"""Called with a table's name and how many bytes of its rows were read."""


def back_up_full(
    database_url: str,
    password: str | None,
    store: BlobStore,
    keys: Keys,
    *,
    unless_younger_than: timedelta = timedelta(0),
    show: Show = lambda table, done: None,
) -> Manifest | None:
    """The backup's manifest; None where another run is at work, or the newest backup is young enough.

    password: of the login zava_backup, where the URL has none. Raises BackupFailed where the backup would not be
    complete, BackupStoreDown and psycopg's errors. Whatever it raises, and wherever it is killed, what it has written
    is no backup.
    """
    # Two connections, for the one with the snapshot reads, and writes nothing.
    with (
        connected(database_url, password, "-c default_transaction_read_only=off") as beside,
        connected(database_url, password) as reading,
    ):
        lease = Lease(beside)
        with lease.held() as taken:
            if not taken:
                log.info("backup: another run is at work")
                return None
            newest = newest_complete(store, keys)
            if newest and datetime.now(UTC) - newest.taken_at < unless_younger_than:
                log.info("backup: %s is young enough", newest.id)
                return None
            beside.execute("SELECT ops.fold_row_changes()")
            began = time.monotonic()
            made = _written(reading, lease, store, keys, show)
    log.info(
        "backup %s: %d rows, %d bytes, packed %d, %.1f s",
        made.id, made.rows, made.raw_bytes, made.stored_bytes, time.monotonic() - began,
    )  # fmt: skip
    return made


def _written(reading: Connection, lease: Lease, store: BlobStore, keys: Keys, show: Show) -> Manifest:
    with open_snapshot(reading) as snapshot:
        backup_id = new_id(snapshot.taken_at)
        with Packer(store, backup_id) as packer:
            tables = tuple(_table(snapshot, name, packer, lease, show) for name in sorted(IN_BACKUP))
        made = Manifest(
            id=backup_id,
            taken_at=snapshot.taken_at,
            snapshot=snapshot.name,
            server_version=snapshot.server_version,
            migrations=dict(snapshot.migrations),
            extensions=dict(snapshot.extensions),
            sequences=snapshot.sequences(),
            tables=tables,
        )
    lease.renew(now=True)  # who has lost it leaves no manifest
    write_manifest(store, made, keys)
    return made


def _table(snapshot: Snapshot, name: str, packer: Packer, lease: Lease, show: Show) -> Table:
    def chunks() -> Iterator[bytearray]:
        for chunk in snapshot.rows(name):
            lease.renew()
            show(name, len(chunk))
            yield chunk

    table = packer.pack(name, snapshot.columns[name], chunks())
    snapshot.check_count(name, table.rows)
    return table
