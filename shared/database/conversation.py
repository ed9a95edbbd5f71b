"""Statements in one round trip, by libpq's own pipeline: psycopg makes a cursor, a packet and a wait of each."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from psycopg import errors, generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from shared.text_rows import text_rows

type Parameters = Sequence[object] | Mapping[str, object]

_PLACEHOLDER = re.compile(r"%(?:%|s|\((\w+)\)s)")


class Said(NamedTuple):
    """One statement. parameters: for `%s` or `%(name)s` in it; None leaves every % as it is."""

    text: str
    parameters: Parameters | None = None


async def converse(connection: "psycopg.AsyncConnection[Any]", said: Sequence[Said]) -> list[PGresult]:
    """The result of each statement, by the extended protocol, which takes one statement a text.

    Raises psycopg.Error, of the first that failed; behind it none was run, and the transaction is as that left it.
    """
    async with connection.lock:
        results = await connection.wait(_one_round_trip(connection.pgconn, [_sent(connection, each) for each in said]))
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result, connection.info.encoding)
    return results


def rows_of(
    connection: "psycopg.AsyncConnection[Any]", result: PGresult, *, skip: int, most: int
) -> Sequence[list[Any]]:
    """At most so many rows, each without the columns at its beginning that are skipped."""
    if (texts := text_rows(result, connection, skip=skip, most=most)) is not None:
        return texts
    transformer = Transformer(connection)
    transformer.set_pgresult(result)
    rows = transformer.load_rows(0, min(result.ntuples, most), list)
    return [row[skip:] for row in rows] if skip else rows


class _Sent(NamedTuple):
    """What libpq takes of a statement."""

    text: bytes
    parameters: Sequence[Any] | None = None
    types: Sequence[int] | None = None
    formats: Sequence[Any] | None = None


def _one_round_trip(pgconn: PGconn, sent: Sequence[_Sent]) -> PQGen[list[PGresult]]:
    """Whoever stops in the middle closes the connection: it stays in pipeline mode."""
    pgconn.enter_pipeline_mode()
    for each in sent:
        pgconn.send_query_params(*each)
    # No Flush behind it: PgBouncer takes that for the beginning of a transaction (connection.py).
    pgconn.pipeline_sync()
    yield from generators.send(pgconn)
    results: list[PGresult] = []
    while fetched := (yield from generators.fetch_many(pgconn)):
        if fetched[-1].status == ExecStatus.PIPELINE_SYNC:
            pgconn.exit_pipeline_mode()
            return results
        results.append(fetched[-1])
    raise psycopg.OperationalError("the server ended the conversation")


def _sent(connection: "psycopg.AsyncConnection[Any]", said: Said) -> _Sent:
    encoding = connection.info.encoding
    if said.parameters is None:
        return _Sent(said.text.encode(encoding))
    text, names = _numbered(said.text)
    given = said.parameters
    values = [given[name] for name in names] if isinstance(given, Mapping) else list(given)
    transformer = Transformer(connection)
    parameters = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
    return _Sent(text.encode(encoding), parameters, transformer.types, transformer.formats)


@lru_cache(maxsize=256)
def _numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with `$1` and so on for psycopg's placeholders, and their names, each once; without names, none."""
    names: list[str] = []
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        if found[1] is None:
            count += 1
            return f"${count}"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _PLACEHOLDER.sub(number, text), tuple(names)
