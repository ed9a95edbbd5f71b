"""Whole tables of a snapshot, read on a connection of its own.

psycopg makes a Python object of each row that COPY gives, which takes as long as the server needs to write it. asyncpg
takes all rows that have come in one go: a third of the processor's time. For the rest psycopg stays.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psycopg
from psycopg import errors

from shared.backups.connection import APPLICATION_NAME, CONNECT_SECONDS, SETTINGS, Connection
from shared.backups.copy_out import CHUNK_BYTES

if TYPE_CHECKING:  # not before it is needed
    import asyncpg  # type: ignore[import-untyped]

FEW_BYTES = 128 << 10
GATHERED_SECONDS = 0.001
"""Waited before the next look at the socket where few had come: the server sends 8 kB at a time, and a look costs as
much as reading 50."""

TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "ssl_min_protocol_version")
"""Options of libpq that asyncpg understands as libpq does."""


class TableReader:
    """Raises psycopg's errors, as everything else in a run."""

    def __init__(self, runner: asyncio.Runner, connection: "asyncpg.Connection") -> None:
        self._runner = runner
        self._connection = connection

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[bytearray]:
        """Whole rows in COPY's text, about CHUNK_BYTES of them at a time."""
        # Without a limit: nothing comes but while the next chunk is waited for.
        chunks: asyncio.Queue[bytearray | None] = asyncio.Queue()
        with _errors_of_psycopg():
            copying = self._runner.get_loop().create_task(self._copy(table, columns, chunks))
            while (chunk := self._runner.run(chunks.get())) is not None:
                yield chunk
            self._runner.run(_result(copying))

    async def _copy(self, table: str, columns: Sequence[str], chunks: "asyncio.Queue[bytearray | None]") -> None:
        chunk = bytearray()

        async def take(rows: bytes) -> None:
            nonlocal chunk
            chunk += rows
            if len(chunk) >= CHUNK_BYTES:
                chunks.put_nowait(chunk)
                chunk = bytearray()
            if len(rows) < FEW_BYTES:
                time.sleep(GATHERED_SECONDS)  # noqa: ASYNC251  # nothing else waits in this loop

        schema, _, name = table.partition(".")
        try:
            await self._connection.copy_from_table(
                name, schema_name=schema, columns=columns, output=take, format="text"
            )
            if chunk:
                chunks.put_nowait(chunk)
        finally:
            chunks.put_nowait(None)


@contextmanager
def open_table_reader(beside: Connection) -> Iterator[TableReader]:
    """beside: in a REPEATABLE READ transaction, whose snapshot is read. It must stay open, for what it has locked."""
    [(snapshot,)] = beside.execute("SELECT pg_export_snapshot()").fetchall()
    with asyncio.Runner() as runner:
        with _errors_of_psycopg():
            connection = runner.run(_connected(beside))
        try:
            with _errors_of_psycopg():
                runner.run(_begin(connection, snapshot))
            yield TableReader(runner, connection)
        finally:
            runner.run(_end(connection))


async def _connected(beside: Connection) -> "asyncpg.Connection":
    """To the same server as the same login, with the same proof of who the server is."""
    import asyncpg

    said = {option.keyword.decode(): option.val.decode() for option in beside.pgconn.info if option.val is not None}
    return await asyncpg.connect(
        f"postgresql://?{urlencode({name: said[name] for name in TLS if name in said})}",
        host=said["host"],
        port=int(said["port"]),
        user=said["user"],
        password=said.get("password"),
        database=said["dbname"],
        timeout=CONNECT_SECONDS,
        server_settings=SETTINGS | {"application_name": APPLICATION_NAME},
    )


async def _begin(connection: "asyncpg.Connection", snapshot: str) -> None:
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")


async def _result(copying: "asyncio.Task[None]") -> None:
    await copying


async def _end(connection: "asyncpg.Connection") -> None:
    """Its transaction has only read. Rows that nobody asks for any more are left with the server."""
    connection.terminate()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def _errors_of_psycopg() -> Iterator[None]:
    import asyncpg

    try:
        yield
    except asyncpg.PostgresError as error:
        raise _class_of(error.sqlstate)(str(error)) from None
    except (asyncpg.InterfaceError, OSError) as error:
        raise psycopg.OperationalError(f"reading rows: {type(error).__name__}") from None


def _class_of(sqlstate: str | None) -> type[psycopg.Error]:
    try:
        return errors.lookup(sqlstate or "")
    except KeyError:
        return psycopg.DatabaseError
