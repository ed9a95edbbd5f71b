"""The one door to the data: a statement runs as its caller, in one round trip, and leaves nothing behind.

BEGIN READ ONLY · enter the signed context · DECLARE a cursor for the statement · FETCH one row more than asked ·
ROLLBACK · drop session locks. The cursor refuses anything but one SELECT; the policies verify the signature.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncCursor, errors
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from shared.errors import QueryTimeout, SecretUnavailable, SqlFault, SqlNotAllowed, ToolFault, Unavailable
from shared.identity import Caller
from shared.isolation import Isolation
from shared.json_values import Column, JsonValue, columns_of
from shared.pool import Connection
from shared.rls_context import SIGNING_KEY, sign_context
from shared.vault import Vault

log = logging.getLogger(__name__)

POOL_SECONDS = 5.0
"""How long a call waits for a connection before it is told to come back."""
CALL_SECONDS = 28.0
"""The longest a call may take in all: above the role's statement_timeout, far below the front end's 230 s."""

ATTEMPTS = 2
"""How often a read is tried when its connection breaks."""

_DECLARE = "DECLARE answer NO SCROLL CURSOR FOR "
_ONE_SELECT = "Send exactly one SELECT (WITH, VALUES and TABLE are fine), without INTO and without a locking clause."

type Cursor = AsyncCursor[tuple[Any, ...]]
type Parameters = Sequence[object] | Mapping[str, object]


@dataclass(frozen=True)
class Answer:
    """Rows in the statement's order, at most as many as asked for; truncated tells that there were more."""

    columns: tuple[Column, ...]
    rows: list[list[JsonValue]]
    truncated: bool

    def records(self) -> list[dict[str, JsonValue]]:
        """The rows by column name."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


class Invocations:
    """Runs statements as their callers, where isolation is proven."""

    def __init__(self, pool: AsyncConnectionPool[Connection], vault: Vault, isolation: Isolation) -> None:
        self._pool = pool
        self._vault = vault
        self.isolation = isolation
        self._needs_proof = True

    def without_proof(self) -> "Invocations":
        """The same door for what tells of the caller alone, also while isolation is not proven."""
        door = copy(self)
        door._needs_proof = False
        return door

    async def read(
        self, caller: Caller, statement: str, parameters: Parameters | None = None, *, max_rows: int
    ) -> Answer:
        """The answer to one SELECT under the caller's row-level security; raises ToolFault, nothing else.

        parameters: for `%s` or `%(name)s` in the statement; None leaves every % as it is.
        """
        try:
            async with asyncio.timeout(CALL_SECONDS):
                if self._needs_proof:
                    await self.isolation.ensure()
                for context in await self._contexts(caller):
                    answer = await self._read_under(context, statement, parameters, max_rows)
                    if answer is not None:
                        return answer
        except TimeoutError as error:
            raise QueryTimeout(
                f"The call took longer than {CALL_SECONDS:.0f} seconds and was stopped.",
                "Narrow the query, for example to fewer months, or aggregate before joining.",
            ) from error
        # No key in the vault is one that the database knows: rows would be missing without a word.
        raise Unavailable("The database does not know the current signing key.", "Try again shortly.", retry_after=30)

    async def _contexts(self, caller: Caller) -> list[str]:
        """The caller's claim, signed with the newest key and with the one before; without those that are no keys."""
        try:
            keys = await self._vault.versions(SIGNING_KEY)
        except SecretUnavailable as error:
            raise Unavailable("The signing key cannot be read.", "Try again shortly.", retry_after=10) from error
        contexts = []
        for key in keys:
            try:
                contexts.append(sign_context(key.key(), key.version, caller.principal_id, caller.store_scope))
            except SecretUnavailable as error:
                log.error("%s", error)
        return contexts

    async def _read_under(
        self, context: str, statement: str, parameters: Parameters | None, max_rows: int
    ) -> Answer | None:
        """None where the database does not accept the context."""
        for _ in range(ATTEMPTS):
            with suppress(_ConnectionLost):  # a read may be repeated, and the pool has dropped the connection
                return await self._attempt(context, statement, parameters, max_rows)
        raise Unavailable("The database connection was lost.", "Try again shortly.", retry_after=5)

    async def _attempt(
        self, context: str, statement: str, parameters: Parameters | None, max_rows: int
    ) -> Answer | None:
        try:
            async with self._pool.connection(timeout=POOL_SECONDS) as connection:
                try:
                    holds, rows = await _converse(connection, context, statement, parameters, max_rows)
                except psycopg.Error as error:
                    if connection.broken:
                        raise _ConnectionLost from error
                    await _leave_nothing(connection)
                    raise _fault(error) from error
                except BaseException:
                    await connection.close()  # in the middle of it: what it holds, such as locks, ends with it
                    raise
                return await _answer(rows, max_rows) if await holds.fetchone() == (True,) else None
        except (PoolTimeout, TooManyRequests) as error:
            raise Unavailable("No database connection is free.", "Try again shortly.", retry_after=5) from error


class _ConnectionLost(Exception):
    """The server went away during the conversation."""


async def _converse(
    connection: Connection, context: str, statement: str, parameters: Parameters | None, max_rows: int
) -> tuple[Cursor, Cursor]:
    """Cursors over whether the context holds, and over the rows."""
    async with connection.pipeline():
        await connection.execute("BEGIN READ ONLY")
        holds = await connection.execute("SELECT access.enter_context(%s)", (context,))
        # The caller's text goes through the extended protocol, which takes one statement only.
        await connection.execute(_DECLARE + statement, parameters)
        rows = await connection.execute(f"FETCH {max_rows + 1} FROM answer")
        await _end(connection)
    return holds, rows


async def _end(connection: Connection) -> None:
    await connection.execute("ROLLBACK")
    # Session-level advisory locks outlive a rollback.
    await connection.execute("SELECT pg_advisory_unlock_all()")


async def _leave_nothing(connection: Connection) -> None:
    """After an error the rest of the pipeline was skipped; raises _ConnectionLost where nobody answers any more."""
    try:
        async with connection.pipeline():
            await _end(connection)
    except psycopg.Error as error:
        await connection.close()
        raise _ConnectionLost from error


async def _answer(cursor: Cursor, max_rows: int) -> Answer:
    try:
        rows = [list(row) for row in await cursor.fetchall()]
    except (psycopg.DataError, ValueError, RecursionError) as error:
        raise SqlFault(
            "A value of the result cannot be read.",
            "Cast it to text and leave the client's encoding as it is.",
            sqlstate="22000",
            position=None,
        ) from error
    return Answer(columns_of(cursor), rows[:max_rows], truncated=len(rows) > max_rows)


def _fault(error: psycopg.Error) -> ToolFault:
    """What the caller is told of a database error: PostgreSQL's own sentence, never a stack or a connection."""
    message = error.diag.message_primary or "The statement failed."
    match error:
        case errors.QueryCanceled():
            return QueryTimeout(
                "The query ran into the server's time limit.",
                "Narrow it, for example to fewer months, or aggregate before joining.",
            )
        case errors.ReadOnlySqlTransaction() | errors.FeatureNotSupported() | errors.InvalidCursorDefinition():
            return SqlNotAllowed(f"PostgreSQL says: {message}.", _ONE_SELECT)
        case errors.SyntaxError() if _is_no_select(error):
            return SqlNotAllowed("This is not one SELECT statement.", _ONE_SELECT)
        case errors.LockNotAvailable():
            return Unavailable("The tables are being changed by a deployment.", "Try again shortly.", retry_after=5)
        case errors.ConfigurationLimitExceeded() | errors.OutOfMemory() | errors.DiskFull():
            return Unavailable(f"PostgreSQL says: {message}.", "Ask for less at a time.", retry_after=5)
    # Hints for names and types help; others name settings that are not the caller's to change.
    hint = error.diag.message_hint if isinstance(error, errors.UndefinedColumn | errors.UndefinedFunction) else None
    return SqlFault(
        f"PostgreSQL says: {message}.",
        hint or "Check names and types with get_multiple_table_schemas, then try again.",
        sqlstate=error.sqlstate or "",
        position=_position(error),
    )


def _is_no_select(error: psycopg.Error) -> bool:
    """True where the grammar stops at the first word, where a second statement follows, and for SELECT INTO."""
    position = _position(error)
    return position is None or position <= 1 or "INTO is not allowed" in (error.diag.message_primary or "")


def _position(error: psycopg.Error) -> int | None:
    """Where in the caller's own text, counted from 1."""
    given = error.diag.statement_position
    return max(int(given) - len(_DECLARE), 1) if given else None
