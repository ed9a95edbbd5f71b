"""Makes an incremental backup: what has changed since the last one, or all rows where nobody can tell."""

import logging
from collections.abc import Callable
from datetime import timedelta

from shared.backups.blob_store import BlobStore
from shared.backups.chain import MOST_LINKS, Chain, read_chain
from shared.backups.changes import Changes
from shared.backups.full import made_full, whole_table
from shared.backups.manifest import Manifest, Table, new_id
from shared.backups.parts import Packer
from shared.backups.run import Run, Show, one_run, show_nothing
from shared.backups.selection import IN_BACKUP
from shared.backups.signature import Keys
from shared.backups.snapshot import Snapshot, open_snapshot
from shared.errors import BackupRefused

log = logging.getLogger(__name__)

MOST_KEYS = 1_000_000
"""Of gone rows in a chain, which a restore has in memory: 80 MB."""

OLDEST_FULL = timedelta(days=7)
"""Triggers keep keys for a day longer (sql/functions/record_changes.sql)."""

type Tell = Callable[[str], None]
"""Called with a sentence for the operator."""


def back_up_incremental(
    database_url: str,
    password: str | None,
    store: BlobStore,
    keys: Keys,
    *,
    show: Show = show_nothing,
    tell: Tell = log.warning,
    most_keys: int = MOST_KEYS,
) -> Manifest | None:
    """As back_up_full. Makes a full backup and tells so where there is nothing to build on."""
    with one_run(database_url, password, show) as run:
        if run is None:
            return None
        made = _increment(run, store, keys, most_keys)
        if isinstance(made, Manifest):
            return made
        tell(f"a full backup in place of an incremental one: {made}")
        return made_full(run, store, keys)


def _increment(run: Run, store: BlobStore, keys: Keys, most_keys: int) -> Manifest | str:
    """What was made, or why nothing was."""
    with open_snapshot(run.reading) as snapshot:
        chain = _chain_to_go_on(snapshot, store, keys)
        if isinstance(chain, str):
            return chain
        changes = Changes(snapshot, chain[0].snapshot)
        gone = sum(table.gone.rows for link in chain for table in link.tables if table.gone)
        if gone + sum(change.gone for change in changes.of.values()) > most_keys:
            return f"more than {most_keys} rows were changed or deleted since the last full one"
        backup_id = new_id(snapshot.taken_at)
        with Packer(store, backup_id) as packer:
            tables = tuple(_table(run, snapshot, changes, name, packer) for name in sorted(IN_BACKUP))
        return run.complete(snapshot, backup_id, tables, store, keys, base=chain[0])


def _chain_to_go_on(snapshot: Snapshot, store: BlobStore, keys: Keys) -> Chain | str:
    """The chain that ends with the last backup of this very database, or why it cannot go on."""
    last = snapshot.answer("last_backup")
    if not last:
        return "the database has no backup yet"
    [(backup_id, moment)] = last
    try:
        chain = read_chain(store, keys, backup_id)
    except BackupRefused as refusal:
        return f"the last one does not hold: {refusal}"
    base = chain[0]
    if base.snapshot != moment:
        return f"{base.id} is of another moment than the database says"
    if base.migrations != snapshot.migrations or {each.name: each.columns for each in base.tables} != snapshot.columns:
        return f"the database has another schema than {base.id}"
    if not snapshot.triggers or base.triggers != snapshot.triggers:
        return f"triggers were made anew or switched off since {base.id}, by a deploy perhaps"
    if snapshot.taken_at - chain[-1].taken_at > OLDEST_FULL or len(chain) >= MOST_LINKS:
        return f"{chain[-1].id}, the last full one, is too old, or has too many behind it"
    return chain


def _table(run: Run, snapshot: Snapshot, changes: Changes, name: str, packer: Packer) -> Table:
    change = changes.of.get(name)
    if change and change.any_row:
        return whole_table(run, snapshot, name, packer)
    gone = packer.pack(f"{name}.gone", run.watched(name, changes.gone_keys(name)) if change else ())
    packed = packer.pack(name, run.watched(name, changes.rows(name)) if change else ())
    return Table(
        **dict(packed), columns=snapshot.columns[name], key=snapshot.keys[name], total=snapshot.count(name), gone=gone
    )
