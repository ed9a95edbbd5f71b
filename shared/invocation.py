"""The one door to the data: a statement runs as its caller, in one round trip, and leaves nothing behind.

BEGIN READ ONLY · enter the signed context · DECLARE a cursor for the statement · FETCH one row more than asked ·
ROLLBACK · drop session locks. The cursor refuses anything but one SELECT; the policies verify the signature.
A caller's own text passes the guard first, is refused in the same round trip where its plan costs too much, and ends
where its rows grow too large.
"""

import asyncio
import logging
from copy import copy
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
from cachetools import TTLCache
from psycopg import AsyncCursor
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from shared.admission import Admission
from shared.connection import Connection
from shared.database_faults import fault_of
from shared.errors import QueryTimeout, SqlFault, Unavailable
from shared.identity import Caller
from shared.isolation import Isolation
from shared.json_values import Column, JsonValue, columns_of
from shared.rls_context import CONTEXT_SECONDS
from shared.signing import ContextSigner
from shared.sql_guard import SqlGuard, load_allowed_functions
from shared.statement import CALL, Bounds, Parameters, Statement, explanation, free_statement, own_statement
from shared.vault import Vault

log = logging.getLogger(__name__)

POOL_SECONDS = 5.0
"""How long a call waits for a connection before it is told to come back."""
CALL_SECONDS = 28.0
"""The longest a call may take in all: above the role's statement_timeout, far below the front end's 230 s."""
SPARE_SECONDS = 8.0
"""The same for a statement with a timeout of its own: above that."""

ATTEMPTS = 2
"""How often a read is tried when its connection breaks."""

AFFORDABLE_SECONDS = 300
"""How long a statement that a caller could afford is not planned twice."""

_OWN_TIMEOUT = "SELECT set_config('statement_timeout', %s, true), set_config('transaction_timeout', '0', true)"

type Cursor = AsyncCursor[tuple[Any, ...]]


@dataclass(frozen=True)
class Answer:
    """Rows in the statement's order, at most as many as asked for; truncated tells that there were more."""

    columns: tuple[Column, ...]
    rows: list[list[JsonValue]]
    truncated: bool
    ordered: bool = field(default=True, compare=False)
    """Whether the statement says in which order; a statement of the server's own always does."""

    def records(self) -> list[dict[str, JsonValue]]:
        """The rows by column name."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


class Invocations:
    """Runs statements as their callers, where isolation is proven."""

    def __init__(self, pool: AsyncConnectionPool[Connection], vault: Vault, isolation: Isolation) -> None:
        self._pool = pool
        self.vault = vault
        self._signer = ContextSigner(vault)
        self.isolation = isolation
        self._needs_proof = True
        self._guard = SqlGuard(load_allowed_functions())
        self._admission = Admission()
        self._affordable: TTLCache[tuple[UUID, UUID | None, bytes, Bounds], bool] = TTLCache(4096, AFFORDABLE_SECONDS)

    def without_proof(self) -> "Invocations":
        """The same door for what tells of the caller alone, also while isolation is not proven."""
        door = copy(self)
        door._needs_proof = False
        return door

    async def read(
        self, caller: Caller, text: str, parameters: Parameters | None = None, *, max_rows: int, skip: int = 0
    ) -> Answer:
        """The answer to a SELECT of the server's own under the caller's row-level security.

        skip: rows to leave out at its beginning. Raises ToolFault, nothing else.
        """
        return await self._run(caller, own_statement(text, parameters, skip=skip), max_rows)

    async def read_free(
        self, caller: Caller, text: str, *, max_rows: int, skip: int = 0, bounds: Bounds = CALL
    ) -> Answer:
        """The answer to a caller's own text, any SELECT over the data, within bounds. Raises ToolFault only."""
        read = self._guard.check(text)
        asked = (caller.principal_id, caller.store_scope, sha256(read.text.encode()).digest(), bounds)
        statement = free_statement(read, bounds, affordable=asked in self._affordable, skip=skip)
        answer = await self._run(caller, statement, max_rows)
        self._affordable[asked] = True
        return replace(answer, ordered=read.ordered)

    async def plan(self, caller: Caller, text: str) -> JsonValue:
        """How PostgreSQL would run a caller's own text: the plan's JSON, with costs and estimates. Not for callers."""
        answer = await self._run(caller, explanation(self._guard.check(text)), max_rows=1)
        return answer.rows[0][0]

    async def _run(self, caller: Caller, statement: Statement, max_rows: int) -> Answer:
        longest = CALL_SECONDS if statement.seconds is None else statement.seconds + SPARE_SECONDS
        # Policies may ask for the caller when a statement has long been running.
        holds = CONTEXT_SECONDS + (statement.seconds or 0)
        try:
            async with self._admission.turn(caller.principal_id), asyncio.timeout(longest):
                if self._needs_proof:
                    await self.isolation.ensure()
                for context in await self._signer.contexts(
                    caller.principal_id, caller.store_scope, plain=statement.plain, seconds=holds
                ):
                    answer = await self._read_under(context, statement, max_rows)
                    if answer is not None:
                        return answer
        except TimeoutError as error:
            raise QueryTimeout(
                f"The call took longer than {longest:.0f} seconds and was stopped.",
                "Narrow the query, for example to fewer months, or aggregate before joining.",
            ) from error
        # No key in the vault is one that the database knows: rows would be missing without a word.
        raise Unavailable("The database does not know the current signing key.", "Try again shortly.", retry_after=30)

    async def _read_under(self, context: str, statement: Statement, max_rows: int) -> Answer | None:
        """None where the database does not accept the context."""
        for _ in range(ATTEMPTS):
            try:
                return await self._attempt(context, statement, max_rows)
            except _ConnectionLost:  # a read may be repeated; what ended one connection may have ended them all
                await self._pool.check()
        raise Unavailable("The database connection was lost.", "Try again shortly.", retry_after=5)

    async def _attempt(self, context: str, statement: Statement, max_rows: int) -> Answer | None:
        try:
            async with self._pool.connection(timeout=POOL_SECONDS) as connection:
                try:
                    holds, rows = await _converse(connection, context, statement, max_rows)
                except psycopg.Error as error:
                    if connection.broken:
                        raise _ConnectionLost from error
                    await _leave_nothing(connection)
                    raise fault_of(error, statement) from error
                except BaseException:
                    await connection.close()  # in the middle of it: what it holds, such as locks, ends with it
                    raise
                return await _answer(rows, statement, max_rows) if await holds.fetchone() == (True,) else None
        except (PoolTimeout, TooManyRequests) as error:
            raise Unavailable("No database connection is free.", "Try again shortly.", retry_after=5) from error


class _ConnectionLost(Exception):
    """The server went away during the conversation."""


async def _converse(connection: Connection, context: str, statement: Statement, max_rows: int) -> tuple[Cursor, Cursor]:
    """Cursors over whether the context holds, and over the rows."""
    async with connection.pipeline():
        await connection.execute("BEGIN READ ONLY")
        holds = await connection.execute("SELECT access.enter_context(%s)", (context,))
        if statement.seconds is not None:
            await connection.execute(_OWN_TIMEOUT, (f"{statement.seconds}s",))
        if statement.ceiling is not None:
            await connection.execute("SELECT access.refuse_above(%s, %s)", (statement.ceiling, statement.text))
        # The caller's text goes through the extended protocol, which takes one statement only.
        await connection.execute(statement.declaration, statement.parameters)
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
        lost = connection.broken
        await connection.close()
        # A session that answers with an error, as one beyond temp_file_limit does, is given up, but nothing to repeat.
        if lost:
            raise _ConnectionLost from error


async def _answer(cursor: Cursor, statement: Statement, max_rows: int) -> Answer:
    begin = 1 if statement.counted else 0
    try:
        rows = [list(row[begin:]) for row in await cursor.fetchall()]
    except (psycopg.DataError, ValueError, RecursionError) as error:
        raise SqlFault(
            "A value of the result cannot be read.",
            "Cast it to text and leave the client's encoding as it is.",
            sqlstate="22000",
            position=None,
        ) from error
    return Answer(columns_of(cursor)[begin:], rows[:max_rows], truncated=len(rows) > max_rows)
