"""Makes a full backup: every row of one snapshot, in parts, and the manifest behind all of them."""

from datetime import timedelta

from shared.backups.blob_store import BlobStore
from shared.backups.listing import newest_complete
from shared.backups.manifest import Manifest, Table, new_id
from shared.backups.parts import Packer
from shared.backups.run import Run, Show, is_young, one_run, show_nothing
from shared.backups.selection import IN_BACKUP
from shared.backups.signature import Keys
from shared.backups.snapshot import Snapshot, open_snapshot


def back_up_full(
    database_url: str,
    password: str | None,
    store: BlobStore,
    keys: Keys,
    *,
    unless_younger_than: timedelta = timedelta(0),
    show: Show = show_nothing,
) -> Manifest | None:
    """The backup's manifest; None where another run is at work, or the newest full backup is young enough.

    password: of the login zava_backup, where the URL has none. Raises BackupFailed where the backup would not be
    complete, BackupStoreDown and psycopg's errors. Whatever it raises, and wherever it is killed, what it has written
    is no backup.
    """
    with one_run(database_url, password, show) as run:
        if run is None or is_young(newest_complete(store, keys, "full"), unless_younger_than):
            return None
        return made_full(run, store, keys)


def made_full(run: Run, store: BlobStore, keys: Keys) -> Manifest:
    """In a run that is under way."""
    with open_snapshot(run.reading) as snapshot:
        backup_id = new_id(snapshot.taken_at)
        with Packer(store, backup_id) as packer:
            tables = tuple(whole_table(run, snapshot, name, packer) for name in sorted(IN_BACKUP))
        return run.complete(snapshot, backup_id, tables, store, keys)


def whole_table(run: Run, snapshot: Snapshot, name: str, packer: Packer) -> Table:
    """All rows of a table. Raises BackupFailed where they are not as many as were counted."""
    packed = packer.pack(name, run.watched(name, snapshot.rows(name)))
    snapshot.check_count(name, packed.rows)
    return Table(**dict(packed), columns=snapshot.columns[name], key=snapshot.keys[name], total=packed.rows)
