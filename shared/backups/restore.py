"""Brings a backup into a database that a deploy has made: all of it, compared row for row, or nothing.

An incremental one comes together with those that it builds on. Each part is read and checked twice: all of them before
anything is written, and again as they are written, for a store may change between. One transaction: who is killed
leaves the database as it was.

The owner writes. COPY FROM is refused under row-level security, so FORCE is lifted from the tables, which the
transaction has locked for itself alone, and put back before it ends; policies stay as they are all the time.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import Any

from psycopg import sql

from shared.backups.blob_store import BlobStore
from shared.backups.chain import Chain, merged_rows, read_chain, superseded
from shared.backups.connection import Connection, connected
from shared.backups.copy_out import copied
from shared.backups.manifest import Manifest, Table, lines_of
from shared.backups.parts import unpacked
from shared.backups.selection import EMPTIED, IN_BACKUP, SEEDED, qualified
from shared.backups.signature import Keys
from shared.backups.snapshot import columns_of, copy_statement
from shared.database.queries import named_queries
from shared.errors import BackupRefused, OtherRelease

log = logging.getLogger(__name__)

type Show = Callable[[str, str, int], None]
"""Called with what is done (check, write, compare), a table's name and how many bytes."""


def _silent(step: str, table: str, done: int) -> None:
    pass


def check_backup(store: BlobStore, keys: Keys, backup_id: str, show: Show = _silent) -> Manifest:
    """Reads all of a backup and of those it builds on, and writes nothing. Raises BackupRefused where one byte is not
    as it was signed, or they do not come to as many rows as there were."""
    return _checked_chain(store, keys, backup_id, show)[0]


def _checked_chain(store: BlobStore, keys: Keys, backup_id: str, show: Show) -> Chain:
    chain = read_chain(store, keys, backup_id)
    for link in chain:
        _check_manifest(link)
    for name in sorted(IN_BACKUP):
        rows = 0
        for raw in merged_rows(store, chain, name):
            rows += raw.count(b"\n")
            show("check", name, len(raw))
        if rows != chain[0].table(name).total:
            raise BackupRefused(f"{name} comes to {rows} rows, and had {chain[0].table(name).total}")
        for link, lines in superseded(chain, name):
            for raw in unpacked(store, link.id, lines):
                show("check", name, len(raw))
    return chain


def _check_manifest(manifest: Manifest) -> None:
    if {table.name for table in manifest.tables} != IN_BACKUP or len(manifest.tables) != len(IN_BACKUP):
        raise OtherRelease(f"{manifest.id} has other tables than this release backs up")
    for table in manifest.tables:
        if any(sum(part.rows for part in lines.parts) != lines.rows for lines in lines_of(table)):
            raise BackupRefused(f"the manifest contradicts itself about {table.name}")


def restore_backup(
    owner_url: str,
    password: str | None,
    store: BlobStore,
    keys: Keys,
    backup_id: str,
    *,
    overwrite: bool = False,
    show: Show = _silent,
) -> Manifest:
    """Raises BackupRefused, with the database as it was, where the backup does not hold, the database is of another
    release or has rows and `overwrite` is not said, or what is there afterwards is not what was backed up.

    owner_url: of an administrator who may act as zava_owner.
    """
    chain = _checked_chain(store, keys, backup_id, show)
    manifest = chain[0]
    with connected(owner_url, password) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET lock_timeout = '60s'")
        connection.execute("SET ROLE zava_owner")
        with connection.transaction():
            tables = _in_order_of_references(connection, manifest)
            _lock(connection)
            _check_fits(connection, manifest)
            if not overwrite:
                _check_empty(connection)
            written = _write(connection, store, chain, tables, show)
            _compare(connection, tables, written, show)
    log.info("restored %s: %d rows", manifest.id, manifest.rows)
    return manifest


def _lock(connection: Connection) -> None:
    listed = sql.SQL(", ").join(map(qualified, sorted(EMPTIED)))
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(listed))


def _check_fits(connection: Connection, manifest: Manifest) -> None:
    if _rows(connection, "migrations") != sorted(manifest.migrations.items()):
        raise OtherRelease("the database has other migrations than the backup: deploy the release that made it")
    if columns_of(connection) != {table.name: table.columns for table in manifest.tables}:
        raise BackupRefused("the database has other columns than the backup")


def _check_empty(connection: Connection) -> None:
    for table in sorted(IN_BACKUP - SEEDED):
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(qualified(table))
        if connection.execute(query).fetchone() != (False,):
            raise BackupRefused(f"{table} has rows, which are kept unless you say that they may go")


def _write(
    connection: Connection, store: BlobStore, chain: Chain, tables: Iterable[Table], show: Show
) -> dict[str, str]:
    """The hash of what was written, by table."""
    listed = sql.SQL(", ").join(map(qualified, sorted(EMPTIED)))
    # What changes from here on goes into no backup of before. First, so that no keys are recorded meanwhile.
    connection.execute("DELETE FROM ops.last_backup")
    # Also where nothing is to go: rows then come to lie in the order of the backup, which _compare relies on.
    connection.execute(sql.SQL("TRUNCATE {}").format(listed))
    forced = [name for (name,) in _rows(connection, "forced") if name in IN_BACKUP]
    _alter(connection, forced, "NO FORCE ROW LEVEL SECURITY")
    with _foreign_keys_checked_at_the_end(connection):
        written = {table.name: _written(connection, store, chain, table, show) for table in tables}
    _alter(connection, forced, "FORCE ROW LEVEL SECURITY")
    for sequence in chain[0].sequences:
        connection.execute("SELECT setval(%s, %s, %s)", (sequence.name, sequence.last_value, sequence.is_called))
    # Each product was queued as it came; the next refresh finds those whose embedding is not there.
    connection.execute("DELETE FROM ops.embedding_queue")
    connection.execute(named_queries("backups")["forget_kept_revocations"].encode())
    return written


@contextmanager
def _foreign_keys_checked_at_the_end(connection: Connection) -> Iterator[None]:
    """Each by one join over all rows in place of a look-up a row, which took most of the time of a restore."""
    keys = [
        (qualified(table), sql.Identifier(name), sql.SQL(definition))
        for table, name, definition in _rows(connection, "foreign_keys", tables=sorted(EMPTIED))
    ]
    for table, name, _ in keys:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table, name))
    yield
    for table, name, definition in keys:
        connection.execute(sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(table, name, definition))


def _written(connection: Connection, store: BlobStore, chain: Chain, table: Table, show: Show) -> str:
    whole = hashlib.sha256()
    copy_in = copy_statement(table.name, table.columns, "FROM STDIN")
    with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        for raw in merged_rows(store, chain, table.name):
            whole.update(raw)
            copy.write(raw)
            show("write", table.name, len(raw))
    return whole.hexdigest()


def _compare(connection: Connection, tables: Iterable[Table], written: Mapping[str, str], show: Show) -> None:
    if hidden := [name for (name,) in _rows(connection, "partly_hidden", tables=sorted(IN_BACKUP))]:
        raise BackupRefused(f"policies may hide rows of these tables from the comparison: {', '.join(hidden)}")
    counted = dict(_rows(connection, "row_counts"))
    for table in tables:
        if _stored(connection, table, show) != written[table.name]:
            raise BackupRefused(f"{table.name} has other rows than the backup, once they are written")
        if counted.get(table.name, 0) != table.total:
            raise BackupRefused(f"triggers have counted {counted.get(table.name, 0)} rows of {table.name}")
    if connection.execute(named_queries("canary_rows")["stale_visits"].encode()).fetchone() != (0,):
        raise BackupRefused("access.visits does not follow from the restored orders and customers")
    if connection.execute("SELECT access.visibility_is_stale()").fetchone() != (False,):
        raise BackupRefused("access.visibility does not follow from the restored principals and grants")


def _stored(connection: Connection, table: Table, show: Show) -> str:
    """The hash of a table as it is now."""
    whole = hashlib.sha256()
    for chunk in copied(connection, copy_statement(table.name, table.columns, "TO STDOUT")):
        whole.update(chunk)
        show("compare", table.name, len(chunk))
    return whole.hexdigest()


def _in_order_of_references(connection: Connection, manifest: Manifest) -> list[Table]:
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(IN_BACKUP, ()))
    for table, referred in _rows(connection, "references"):
        order.add(table, referred)
    by_name = {table.name: table for table in manifest.tables}
    return [by_name[name] for name in order.static_order() if name in by_name]


def _alter(connection: Connection, tables: Iterable[str], how: str) -> None:
    for table in tables:
        connection.execute(sql.SQL("ALTER TABLE {} {}").format(qualified(table), sql.SQL(how)))


def _rows(connection: Connection, query: str, **parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(named_queries("backups")[query].encode(), parameters or None).fetchall()
