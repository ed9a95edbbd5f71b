"""Brings the stored values of all customers into one form, a few rows at a time, while everything else goes on.

Each batch is a transaction of its own that locks its rows, so whatever ends a run leaves rows that are whole, and the
next run goes on from there. Whoever else writes one of the rows waits for milliseconds.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg

from shared.database.queries import named_queries
from shared.field_encryption.data_key import DataKey
from shared.field_encryption.token import FIELDS, Field, prefix, stored_token

BATCH = 500
"""Rows that are locked at once."""
PASSES = 5
"""Over all rows, where others write plain text meanwhile."""
REPEATS = 10
"""Of a batch that meets a lock for long, or a deadlock."""

type Row = dict[str, Any]
type Change = Callable[[Field, int, str], str | None]
"""A stored value of a customer as it is to be; None where that cannot be."""

_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


@dataclass
class Progress:
    """What a run has done, in rows and values."""

    rows: int = 0
    """Changed."""
    left: int = 0
    """Values of the last pass that cannot be brought into the form: of lost keys, damaged, too long, or in the way."""


@dataclass(frozen=True)
class Conversion:
    """The form to bring values into: which rows are not in it, and how one gets there."""

    select: str
    """The query of field_encryption.sql that finds and locks the next rows."""
    prefixes: dict[str, str]
    change: Change


def encryption(current: DataKey, keys: Mapping[int, DataKey]) -> Conversion:
    """Everything as tokens of the current key."""

    def change(field: Field, customer_id: int, stored: str) -> str | None:
        if stored.startswith(prefix(field, current.key_id)):
            return stored
        plain = _plain(field, customer_id, stored, keys)
        try:
            return None if plain is None else str(current.encrypted(field, customer_id, plain))
        except ValueError:
            return None

    return Conversion("rows_to_encrypt", {field: prefix(field, current.key_id) for field in FIELDS}, change)


def decryption(keys: Mapping[int, DataKey]) -> Conversion:
    """Everything as plain text."""

    def change(field: Field, customer_id: int, stored: str) -> str | None:
        return _plain(field, customer_id, stored, keys)

    return Conversion("rows_to_decrypt", {field: prefix(field) for field in FIELDS}, change)


def convert(connection: psycopg.Connection[Row], conversion: Conversion) -> Iterator[Progress]:
    """The same progress after each batch. The connection commits by itself. Raises psycopg's errors."""
    progress = Progress()
    for _ in range(PASSES):
        before, progress.left = progress.rows, 0
        after: int | None = 0
        while after is not None:
            after = _patiently(partial(_batch, connection, conversion, after, progress))
            yield progress
        if progress.rows == before:
            return


def _batch(connection: psycopg.Connection[Row], conversion: Conversion, after: int, progress: Progress) -> int | None:
    """The last customer of the batch; None where there is none behind `after`."""
    queries = named_queries("field_encryption")
    with connection.transaction():
        asked: Row = {"after": after, "batch": BATCH} | conversion.prefixes
        rows = connection.execute(queries[conversion.select], asked).fetchall()
        new, left = _changed(rows, conversion.change)
        taken = _stored(connection, new)
    progress.rows += len(taken)
    progress.left += left + len(new) - len(taken)
    return rows[-1]["customer_id"] if rows else None


def _changed(rows: list[Row], change: Change) -> tuple[list[Row], int]:
    """The rows that become others, and how many values cannot be what they should."""
    changed, left = [], 0
    for row in rows:
        new = dict(row)
        for field in FIELDS:
            if row[field] is not None:
                value = change(field, row["customer_id"], row[field])
                left += value is None
                new[field] = row[field] if value is None else value
        if new != row:
            changed.append(new)
    return changed, left


def _stored(connection: psycopg.Connection[Row], rows: list[Row]) -> list[Row]:
    """Those of the rows that could be stored: a plain address may be another customer's of the same store by now."""
    try:
        with connection.transaction():
            _store(connection, rows)
        return rows
    except psycopg.errors.ExclusionViolation:
        if len(rows) == 1:
            return []
        half = len(rows) // 2
        return _stored(connection, rows[:half]) + _stored(connection, rows[half:])


def _store(connection: psycopg.Connection[Row], rows: list[Row]) -> None:
    if rows:
        connection.execute(
            named_queries("field_encryption")["store"],
            {f"{name}s": [row[name] for row in rows] for name in ("customer_id", *FIELDS)},
        )


def _patiently(work: Callable[[], int | None]) -> int | None:
    for _ in range(REPEATS - 1):
        try:
            return work()
        except _BUSY:
            continue  # the wait was that for the lock
    return work()


def _plain(field: Field, customer_id: int, stored: str, keys: Mapping[int, DataKey]) -> str | None:
    """None where what is stored says that it is encrypted and does not open as this customer's."""
    if not stored.startswith(prefix(field)):
        return stored
    token = stored_token(stored)
    if token is None or token.customer_id != customer_id or token.field != field or token.key_id not in keys:
        return None
    return keys[token.key_id].decrypted(token)
