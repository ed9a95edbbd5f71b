"""The chain of the audit trail, walked from its beginning: where a row is not what was appended there.

Each row has the hash of the one before it, and a hash of its own over that and all it says. They are made anew here, by
no function of the database.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from shared.database.queries import named_queries

ROWS_AT_ONCE = 2_000
SHOW_ROWS = 20_000
"""How many rows lie between two reports of progress."""

type Kind = Literal["changed", "missing", "reordered", "inserted", "truncated", "rewritten"]
type Row = tuple[Any, ...]
type Show = Callable[[int, int], None]
"""Called with how many rows are walked, and of how many."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Head:
    """A row by its number, and the hash that stands for all rows up to it. Row 0 is before the first."""

    sequence: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash.hex()}"

    @classmethod
    def parsed(cls, text: str) -> "Head":
        """Of what str() gives; raises ValueError."""
        if not (found := _HEAD.fullmatch(text)):
            raise ValueError("not a head: SEQUENCE:HASH, as printed by an earlier run")
        return cls(int(found[1]), bytes.fromhex(found[2]))


NOTHING = Head(0, bytes(32))


@dataclass(frozen=True)
class Broken:
    """The first row that is not as it was appended. truncated, missing: it is not there."""

    sequence: int
    kind: Kind
    problem: str


@dataclass(frozen=True)
class Walk:
    """What there is of the chain."""

    begins_after: Head
    """Row 0, or the last that was deleted as old."""
    head: Head
    """The last row that holds."""
    broken: Broken | None
    anchored: bool | None
    """Whether a head from an earlier run was met; None where none was given."""


async def walk_chain(
    connection: AsyncConnection[Row], anchor: Head | None = None, show: Show = lambda done, total: None
) -> Walk:
    """The whole trail as it is now, in constant memory. Raises psycopg's errors. The connection is in no transaction.

    anchor: a head from an earlier run, kept elsewhere.
    """
    queries = named_queries("audit")
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    if not (chain := await _row(connection, queries["chain"])):
        await connection.rollback()
        return Walk(NOTHING, NOTHING, Broken(1, "missing", "ops.audit_chain is empty"), None)
    end, begin = Head(*chain[:2]), Head(*chain[2:])
    head, broken = begin, None
    anchored = None if anchor is None else anchor == begin
    if begin.sequence and await _row(connection, queries["forgotten"], (str(begin),)) != (True,):
        broken = Broken(begin.sequence, "missing", "the rows up to it are gone, and the trail does not say why")
    if broken is None:
        async for row in _rows(connection, queries["rows"]):
            if broken := await _fault(connection, head, row):
                break
            head = Head(row[2], row[1])
            if anchor is not None and head.sequence == anchor.sequence:
                if head != anchor:
                    broken = Broken(head.sequence, "rewritten", "it is another row than the given head")
                    break
                anchored = True
            if (head.sequence - begin.sequence) % SHOW_ROWS == 0:
                show(head.sequence - begin.sequence, end.sequence - begin.sequence)
    await connection.rollback()
    return Walk(begin, head, broken or _wrong_end(head, end, begin, anchor), anchored)


def hash_of(row: Row) -> bytes:
    """What ops.append_audit() makes of a row of the query `rows`: of its previous hash and all it says."""
    return hashlib.sha256(
        row[0] + json.dumps([_plain(value) for value in row[2:]], ensure_ascii=False).encode()
    ).digest()


async def _fault(connection: AsyncConnection[Row], head: Head, row: Row) -> Broken | None:
    previous, own, sequence = row[:3]
    if sequence != head.sequence + 1:
        return Broken(head.sequence + 1, "missing", f"row {sequence} follows row {head.sequence}")
    if previous != head.hash and hash_of((head.hash, *row[1:])) != own:
        place = {"last": head.hash, "previous": previous, "sequence": sequence}
        match await _row(connection, named_queries("audit")["whose_place"], place):
            case (True, True):
                return Broken(sequence, "reordered", "the row that was appended here stands elsewhere")
            case (True, False):
                return Broken(sequence, "inserted", "it follows no row of the trail")
            case (False, True):
                return Broken(head.sequence, "inserted", f"row {sequence} was appended behind another row")
        return Broken(sequence, "missing", "the row that was appended here is gone")
    if previous != head.hash or hash_of(row) != own:
        return Broken(sequence, "changed", "it does not say what was appended")
    return None


def _wrong_end(head: Head, end: Head, begin: Head, anchor: Head | None) -> Broken | None:
    if head.sequence < end.sequence:
        return Broken(head.sequence + 1, "truncated", f"the rows from it to {end.sequence} are gone")
    if head.sequence > end.sequence:
        return Broken(end.sequence + 1, "inserted", "it was not appended")
    if head != end:
        return Broken(head.sequence, "rewritten", "it is another row than the one that was appended last")
    if anchor is not None and anchor.sequence > head.sequence:
        return Broken(
            head.sequence + 1, "truncated", f"the rows from it to {anchor.sequence}, the given head, are gone"
        )
    if anchor is not None and anchor.sequence == begin.sequence and anchor != begin:
        return Broken(begin.sequence, "rewritten", "it was another row than the given head")
    return None


async def _rows(connection: AsyncConnection[Row], query: str) -> AsyncIterator[Row]:
    async with connection.cursor("trail") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        await cursor.execute(query)
        async for row in cursor:
            yield row


async def _row(connection: AsyncConnection[Row], query: str, parameters: Any = None) -> Row:
    row = await (await connection.execute(query, parameters)).fetchone()
    return row or ()


def _plain(value: object) -> object:
    match value:
        case datetime():
            return (value - _EPOCH) // timedelta(microseconds=1)
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
    return value
