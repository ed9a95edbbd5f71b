"""Whole tables of a snapshot, read on connections of its own.

psycopg makes a Python object of each row that COPY gives, which takes as long as the server needs to write it. asyncpg
takes all rows that have come in one go: a third of the processor's time. For the rest psycopg stays.

The server writes the rows of one COPY by one process. So a table is read in ranges of its blocks, by connections that
take turns: while the rows of one are passed on, the other's are being written. The order stays that of the table.
"""

import asyncio
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import psycopg
from psycopg import errors, sql

from shared.backups.connection import APPLICATION_NAME, CONNECT_SECONDS, SETTINGS, Connection
from shared.backups.copy_out import CHUNK_BYTES
from shared.backups.lease import LEASE_SECONDS
from shared.backups.selection import lock_of_all, qualified

if TYPE_CHECKING:  # not before it is needed
    import asyncpg  # type: ignore[import-untyped]

CONNECTIONS = 2
"""At once: each keeps a processor of the database's server busy, which has callers to serve, too."""
RANGE_BLOCKS = 512
"""Of the 8 kB that the server keeps rows in."""
CHUNKS_AHEAD = 4
"""Of each connection, which wait for its turn: what bounds the memory."""

PATIENCE_SECONDS = LEASE_SECONDS
"""For the next rows; then another run may begin anyway. A server that is gone without a word, as at a failover, asyncpg
would wait for without end: it has no keepalives, as psycopg has."""

BLOCKS = "SELECT pg_relation_size($1::text::regclass) / current_setting('block_size')::int"

FEW_BYTES = 128 << 10
GATHERED_SECONDS = 0.001
"""Waited before the next look at the socket where few had come: the server sends 8 kB at a time, and a look costs as
much as reading 50."""

TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "ssl_min_protocol_version")
"""Options of libpq that asyncpg understands as libpq does."""

type Chunks = asyncio.Queue[bytearray | Exception | None]
"""What one connection reads: whole rows, None behind each range; or what went wrong, and then nothing more."""


class TableReader:
    """Raises psycopg's errors, as everything else in a run."""

    def __init__(
        self,
        runner: asyncio.Runner,
        connections: "Sequence[asyncpg.Connection]",
        range_blocks: int,
        patience_seconds: float,
    ) -> None:
        self._runner = runner
        self._connections = connections
        self._range_blocks = range_blocks
        self._patience_seconds = patience_seconds
        self._reading: set[asyncio.Task[None]] = set()  # the loop keeps none of them from being collected

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[bytearray]:
        """Whole rows in COPY's text, about CHUNK_BYTES of them at a time."""
        with _errors_of_psycopg():
            first, *_ = self._connections
            blocks = self._waited_for(first.fetchval(BLOCKS, qualified(table).as_string()))
            ranges = list(queries_of_ranges(table, columns, blocks, self._range_blocks))
            turns = [
                self._started(connection, ranges[number::CONNECTIONS])
                for number, connection in enumerate(self._connections)
            ]
            for chunks, _ in zip(cycle(turns), ranges, strict=False):
                while (chunk := self._waited_for(chunks.get())) is not None:
                    if isinstance(chunk, Exception):
                        raise chunk
                    yield chunk

    def _waited_for[T](self, told: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(asyncio.wait_for(told, self._patience_seconds))

    def _started(self, connection: "asyncpg.Connection", queries: Sequence[str]) -> Chunks:
        chunks: Chunks = asyncio.Queue(CHUNKS_AHEAD)
        task = self._runner.get_loop().create_task(_read(connection, queries, chunks))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)
        return chunks


def queries_of_ranges(table: str, columns: Sequence[str], blocks: int, range_blocks: int) -> Iterator[str]:
    """All rows, in the table's order. The last query has no end, so that no row is lost, however blocks are counted."""
    rows = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(map(sql.Identifier, columns)), qualified(table))
    starts = range(0, max(blocks, 1), range_blocks)
    for start in starts:
        query = rows + sql.SQL(" WHERE ctid >= {}").format(f"({start},0)")
        if start != starts[-1]:
            query += sql.SQL(" AND ctid < {}").format(f"({start + range_blocks},0)")
        yield query.as_string()


async def _read(connection: "asyncpg.Connection", queries: Sequence[str], chunks: Chunks) -> None:
    chunk = bytearray()

    async def take(rows: bytes) -> None:
        nonlocal chunk
        chunk += rows
        if len(chunk) >= CHUNK_BYTES:
            full, chunk = chunk, bytearray()
            await chunks.put(full)
        if len(rows) < FEW_BYTES:
            time.sleep(GATHERED_SECONDS)  # noqa: ASYNC251  # whoever else is in this loop waits for the server, too

    try:
        for query in queries:
            await connection.copy_from_query(query, output=take, format="text")
            if chunk:
                last, chunk = chunk, bytearray()
                await chunks.put(last)
            await chunks.put(None)
    except Exception as error:  # noqa: BLE001  # raised where the rows are asked for
        await chunks.put(error)


@contextmanager
def open_table_reader(
    beside: Connection, range_blocks: int = RANGE_BLOCKS, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[TableReader]:
    """beside: in a REPEATABLE READ transaction, whose snapshot is read. It must stay open, for what it has locked."""
    [(snapshot,)] = beside.execute("SELECT pg_export_snapshot()").fetchall()
    connections: list[asyncpg.Connection] = []
    with asyncio.Runner() as runner:
        try:
            with _errors_of_psycopg():
                while len(connections) < CONNECTIONS:
                    connections.append(runner.run(_connected(beside)))
                    runner.run(_begin(connections[-1], snapshot))
            yield TableReader(runner, connections, range_blocks, patience_seconds)
        finally:
            runner.run(_end(connections))


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
    # Now, and not table by table: whoever wants one for itself waits for the snapshot's lock, and a reader that came
    # later would wait behind it, in vain.
    await connection.execute(lock_of_all().as_string())


async def _end(connections: "Sequence[asyncpg.Connection]") -> None:
    """Their transactions have only read. Rows that nobody asks for any more are left with the server."""
    for connection in connections:
        connection.terminate()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def _errors_of_psycopg() -> Iterator[None]:
    import asyncpg

    try:
        yield
    except asyncpg.PostgresError as error:
        raise _class_of(error.sqlstate)(str(error)) from None
    except (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:  # the second: lost while idle
        raise psycopg.OperationalError(f"reading rows: {type(error).__name__}") from None


def _class_of(sqlstate: str | None) -> type[psycopg.Error]:
    try:
        return errors.lookup(sqlstate or "")
    except KeyError:
        return psycopg.DatabaseError
