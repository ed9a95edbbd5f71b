"""What COPY … TO STDOUT gives, a megabyte at a time.

By psycopg's own iteration each row passes five generators, which takes longer than the server needs for it. This asks
libpq for what has already come, row after row, and psycopg only where there is something to wait for.
"""

from collections.abc import Iterator

from psycopg import errors, sql
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from shared.backups.connection import Connection

CHUNK_BYTES = 1 << 20


def copied(connection: Connection, statement: sql.Composed) -> Iterator[bytearray]:
    """Whole rows, about CHUNK_BYTES of them at a time. Raises psycopg's errors, also where the server breaks off."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        take = connection.pgconn.get_copy_data
        chunk = bytearray()
        while True:
            size, row = take(1)
            if size == 0:
                row = copy.read()  # type: ignore[assignment]  # any buffer will do
                if not row:
                    break
            elif size < 0:
                _check_end(connection.pgconn)
                break
            chunk += row
            if len(chunk) >= CHUNK_BYTES:
                yield chunk
                chunk = bytearray()
        if chunk:
            yield chunk


def _check_end(pgconn: PGconn) -> None:
    """Rows end in the same way whether there are no more or the server could not go on."""
    while (result := pgconn.get_result()) is not None:
        if result.status != ExecStatus.COMMAND_OK:
            raise errors.error_from_result(result)
