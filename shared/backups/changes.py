"""What has changed since an earlier snapshot, as triggers have recorded it, read at the cost of what changed.

A change belongs to the time since if the snapshot of then does not have its transaction and the one of now does. So
nothing that is written meanwhile is lost between two backups or in both, whenever it began and however long it takes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from shared.backups.selection import qualified
from shared.backups.snapshot import Snapshot
from shared.database.queries import named_queries


@dataclass(frozen=True)
class Change:
    """Of a table. any_row: keys are not known. gone: how many keys of older backups hold no more, at most."""

    any_row: bool
    gone: int


class Changes:
    """Between the snapshot of an earlier backup, as PostgreSQL names it, and the one of now."""

    def __init__(self, snapshot: Snapshot, since: str) -> None:
        self._snapshot = snapshot
        self._since = since
        found = snapshot.answer("changes", {"since": since})
        self.of: Mapping[str, Change] = {table: Change(any_row, gone) for table, any_row, gone in found}
        """By table; none where nothing was written."""

    def gone_keys(self, table: str) -> Iterator[bytearray]:
        """Keys of rows that were changed or deleted, in COPY's text: as a row in it begins."""
        return self._copied("gone_keys", table)

    def rows(self, table: str) -> Iterator[bytearray]:
        """Rows that were written since and are there now."""
        return self._copied("changed_rows", table)

    def _copied(self, query: str, table: str) -> Iterator[bytearray]:
        return self._snapshot.copied(self.statement(query, table))

    def statement(self, query: str, table: str) -> sql.Composed:
        """One of sql/queries, for a table."""
        key = self._snapshot.keys[table]
        return sql.SQL(named_queries("backups")[query]).format(
            table=qualified(table),
            name=sql.Literal(table),
            since=sql.SQL("{}::pg_snapshot").format(sql.Literal(self._since)),
            columns=_listed("kept", self._snapshot.columns[table]),
            key=_listed("touched", key),
            kept_key=_listed("kept", key),
            changed_key=_listed("changed", key),
        )


def _listed(of: str, columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(of, column) for column in columns)
