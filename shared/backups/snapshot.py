"""All rows of one moment, and a proof that they are all: one REPEATABLE READ transaction of zava_backup.

That a login under row-level security sees every row is not taken for granted. Behind locks that keep policies as they
are, the catalogue must say of each table that a policy gives this login all rows and none takes any away; and each
count is compared with ops.row_changes, which triggers keep from the rows as statements wrote them, with no policy
between.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from psycopg import sql

from shared.backups import manifest
from shared.backups.connection import Connection
from shared.backups.copy_out import copied
from shared.backups.selection import IN_BACKUP, check_all_are_known, lock_of_all, qualified
from shared.backups.table_reader import TableReader, open_table_reader
from shared.database.queries import named_queries
from shared.errors import BackupFailed


class Snapshot:
    """What the database has at one moment, and nothing later."""

    def __init__(self, connection: Connection, stack: ExitStack) -> None:
        """stack: what is opened for it ends with it."""
        self._connection = connection
        self._stack = stack
        [(self.name, taken_at, self.server_version)] = self.answer("moment")
        self.taken_at: datetime = taken_at
        self.migrations: Mapping[str, str] = dict(self.answer("migrations"))
        self.extensions: Mapping[str, str] = dict(self.answer("extensions"))
        self.columns = columns_of(connection)
        self.keys: Mapping[str, tuple[str, ...]] = {name: tuple(key or ()) for name, _, key in self.answer("tables")}
        [(triggers,)] = self.answer("triggers", {"tables": sorted(IN_BACKUP)})
        self.triggers: str = triggers
        self._counts = dict(self.answer("row_counts"))
        hidden = [name for (name,) in self.answer("partly_hidden", {"tables": sorted(IN_BACKUP)})]
        if hidden:
            raise BackupFailed(f"policies may keep rows of these tables from the backup: {', '.join(hidden)}")

    def sequences(self) -> tuple[manifest.Sequence, ...]:
        """They stand outside transactions: what is read now is not before any row of the snapshot."""
        return tuple(self._sequence(f"{schema}.{name}") for schema, name in self.answer("sequences"))

    def rows(self, table: str) -> Iterator[bytearray]:
        """All of them, in COPY's text format, about a megabyte at a time."""
        return self._table_reader.rows(table, self.columns[table])

    def copied(self, statement: sql.Composed) -> Iterator[bytearray]:
        """What another COPY gives, which has fewer rows."""
        return copied(self._connection, statement)

    def count(self, table: str) -> int:
        """How many rows it has, as the triggers have counted."""
        return int(self._counts.get(table, 0))

    def check_count(self, table: str, rows: int) -> None:
        """Raises BackupFailed where the triggers have counted another number."""
        if self.count(table) != rows:
            raise BackupFailed(f"{table} gave {rows} rows, and triggers have counted {self.count(table)}")

    def answer(self, query: str, parameters: Mapping[str, object] | None = None) -> Sequence[tuple[Any, ...]]:
        """Rows of a named query of backups."""
        return self._connection.execute(named_queries("backups")[query].encode(), parameters).fetchall()

    @cached_property
    def _table_reader(self) -> TableReader:
        return self._stack.enter_context(open_table_reader(self._connection))

    def _sequence(self, name: str) -> manifest.Sequence:
        found = self._connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(qualified(name)))
        [(last_value, is_called)] = found.fetchall()
        return manifest.Sequence(name=name, last_value=last_value, is_called=is_called)


@contextmanager
def open_snapshot(connection: Connection) -> Iterator[Snapshot]:
    """connection: of zava_backup, autocommit, by connected(). Raises BackupFailed where not all rows would be seen."""
    with connection.transaction(), ExitStack() as stack:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # Before the first query, which takes the snapshot: what is locked cannot get other columns or policies.
        connection.execute(lock_of_all())
        yield Snapshot(connection, stack)


def columns_of(connection: Connection) -> dict[str, tuple[str, ...]]:
    """By table in backups, those that are stored and not worked out, its key's first. Raises BackupFailed for tables
    nobody knows."""
    found = connection.execute(named_queries("backups")["tables"].encode()).fetchall()
    check_all_are_known([name for name, _, _ in found])
    return {name: tuple(columns) for name, columns, _ in found if name in IN_BACKUP}


def copy_statement(table: str, columns: Sequence[str], where: str) -> sql.Composed:
    """where: TO STDOUT or FROM STDIN."""
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {} (FORMAT text)").format(qualified(table), listed, sql.SQL(where))
