"""The one door to the data: a statement runs as its caller, in one round trip, and leaves nothing behind.

BEGIN READ ONLY · enter the signed context · DECLARE a cursor for the statement · FETCH one row more than asked ·
ROLLBACK · drop session locks. The cursor refuses anything but one SELECT; the policies verify the signature.
A caller's own text passes the guard first, is refused in the same round trip where its plan costs too much, and ends
where its rows grow too large.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol, cast
from uuid import UUID

import psycopg
from cachetools import TTLCache
from psycopg.pq.abc import PGresult
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from shared.database.connection import Connection
from shared.database.conversation import Parameters, Said, converse, rows_of
from shared.database.faults import fault_of
from shared.database.queries import named_queries
from shared.database.statement import CALL, Bounds, Statement, explanation, free_statement, own_statement
from shared.domain import Domain
from shared.errors import QueryTimeout, SqlFault, Unavailable, UnknownSigningKey
from shared.field_encryption.showing import Granted, Showing, WrappedKey
from shared.field_encryption.token import has_tokens, replaced, tokens_in
from shared.identity.caller import Caller
from shared.isolation.gate import Isolation
from shared.json_values import Column, JsonValue, columns_of
from shared.keys.signing import ContextSigner
from shared.limits.admission import Admission
from shared.limits.allowances import Allowances
from shared.retail import RETAIL
from shared.rls_context import CONTEXT_SECONDS
from shared.sql_guard import Passed, SqlGuard, load_allowed_functions
from shared.telemetry.call_record import current_record, timed
from shared.telemetry.watch import Watch
from shared.vault import Vault

log = logging.getLogger(__name__)

POOL_SECONDS = 5.0
"""How long a call waits for a connection before it is told to come back."""
RETRY_SECONDS = 5
"""After which a caller may try again what the database could not do."""
CALL_SECONDS = 28.0
"""The longest a call may take in all: above the role's statement_timeout, far below the front end's 230 s."""
SPARE_SECONDS = 8.0
"""The same for a statement with a timeout of its own: above that."""

REPEATS = 4
"""How often a read is tried again when its connection breaks: a statement may be what broke it."""

AFFORDABLE_SECONDS = 300
"""How long a statement that a caller could afford is not planned twice."""

_OWN_TIMEOUT = "SELECT set_config('statement_timeout', %s, true), set_config('transaction_timeout', '0', true)"


@dataclass(frozen=True)
class Answer:
    """Rows in the statement's order, at most as many as asked for; truncated tells that there were more."""

    columns: tuple[Column, ...]
    rows: Sequence[list[JsonValue]]
    truncated: bool
    ordered: bool = field(default=True, compare=False)
    """Whether the statement says in which order; a statement of the server's own always does."""

    def records(self) -> list[dict[str, JsonValue]]:
        """The rows by column name."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def given(answer: Answer) -> Answer:
    """The answer, its rows counted in the record at hand: whoever has read them, this caller gets them."""
    if (record := current_record.get()) is not None:
        record.rows += len(answer.rows)
    return answer


class Door(Protocol):
    """Where the server's own SELECTs are answered: at once by Invocations, or by what keeps its answers."""

    async def read(
        self, caller: Caller, text: str, parameters: Parameters | None = None, *, max_rows: int, skip: int = 0
    ) -> Answer:
        """See Invocations.read."""


class Invocations:
    """Runs statements as their callers, where isolation is proven."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Connection],
        vault: Vault,
        isolation: Isolation,
        watch: Watch | None = None,
        allowances: Allowances | None = None,
        *,
        domain: Domain = RETAIL,
    ) -> None:
        """allowances: how much each principal may ask; without them, as much as there is. domain: what it may read."""
        self._pool = pool
        self._watch = watch or Watch()
        self.vault = vault
        self._signer = ContextSigner(vault)
        self._showing = Showing(vault)
        self.isolation = isolation
        self._needs_proof = True
        self._lent: set[Connection] = set()
        self.domain = domain
        self._guard = SqlGuard(load_allowed_functions().reading(domain.schema, domain.tables))
        self._admission = Admission()
        self._allowances = allowances
        self._affordable: TTLCache[tuple[UUID, UUID | None, bytes, Bounds], bool] = TTLCache(4096, AFFORDABLE_SECONDS)

    def without_proof(self) -> "Invocations":
        """The same door for what tells of the caller alone, also while isolation is not proven."""
        door = copy(self)
        door._needs_proof = False
        return door

    async def ensure_proven(self) -> None:
        """Returns where this door may tell of rows; raises Unavailable elsewhere."""
        if self._needs_proof:
            await self.isolation.ensure()

    async def read(
        self, caller: Caller, text: str, parameters: Parameters | None = None, *, max_rows: int, skip: int = 0
    ) -> Answer:
        """The answer to a SELECT of the server's own under the caller's row-level security.

        skip: rows to leave out at its beginning. Raises ToolFault, nothing else.
        """
        return given(await self.shown(caller, await self.fetch(caller, text, parameters, max_rows=max_rows, skip=skip)))

    async def fetch(
        self, caller: Caller, text: str, parameters: Parameters | None = None, *, max_rows: int, skip: int = 0
    ) -> Answer:
        """The same for who keeps the answer, and calls `shown` and `given` each time it gives it to somebody."""
        return await self._run(caller, own_statement(text, parameters, skip=skip), max_rows)

    async def shown(self, caller: Caller, answer: Answer) -> Answer:
        """The answer with what this caller may read of encrypted values; the database is asked where there are any."""
        if not has_tokens(answer.rows) or not (tokens := tokens_in(answer.rows)):
            return answer
        granted = await self._granted(
            caller,
            sorted({each.customer_id for each in tokens.values()}),
            sorted({each.key_id for each in tokens.values()}),
        )
        texts = await self._showing.texts(tokens, granted)
        return replace(answer, rows=[[replaced(value, texts) for value in row] for row in answer.rows])

    async def _granted(self, caller: Caller, customers: list[int], keys: list[int]) -> Granted:
        asked = {"customers": customers, "keys": keys}
        answer = await self._run(caller, own_statement(named_queries("contacts")["granted"], asked), max_rows=1)
        customers, wrapped = cast(tuple[list[int], list[list[str]]], answer.rows[0])
        keys_given = [WrappedKey(key_id=int(key), kid=kid, wrapped=bytes.fromhex(text)) for key, kid, text in wrapped]
        return Granted(customers=customers, keys=keys_given)

    async def read_free(
        self, caller: Caller, text: str, *, max_rows: int, skip: int = 0, bounds: Bounds = CALL
    ) -> Answer:
        """The answer to a caller's own text, any SELECT over the data, within bounds. Raises ToolFault only."""
        read = self._checked(text)
        asked = (caller.principal_id, caller.store_scope, sha256(read.text.encode()).digest(), bounds)
        statement = free_statement(read, bounds, affordable=asked in self._affordable, skip=skip)
        answer = await self._run(caller, statement, max_rows)
        self._affordable[asked] = True
        return given(await self.shown(caller, replace(answer, ordered=read.ordered)))

    async def plan(self, caller: Caller, text: str) -> JsonValue:
        """How PostgreSQL would run a caller's own text: the plan's JSON, with costs and estimates. Not for callers."""
        answer = await self._run(caller, explanation(self._checked(text)), max_rows=1)
        return answer.rows[0][0]

    def _checked(self, text: str) -> Passed:
        with timed("guard"):
            return self._guard.check(text)

    async def _run(self, caller: Caller, statement: Statement, max_rows: int) -> Answer:
        longest = CALL_SECONDS if statement.seconds is None else statement.seconds + SPARE_SECONDS
        # Policies may ask for the caller when a statement has long been running.
        holds = CONTEXT_SECONDS + (statement.seconds or 0)
        try:
            async with self._admission.turn(caller.principal_id), asyncio.timeout(longest):
                if self._allowances is not None:
                    with timed("queue"):
                        await self._allowances.spend(caller.principal_id)
                await self.ensure_proven()
                return await self._signer.accepted(
                    lambda context: self._read_under(caller, context, statement, max_rows),
                    caller.principal_id,
                    caller.store_scope,
                    shape=statement.shape,
                    seconds=holds,
                )
        except UnknownSigningKey:
            self._watch.no_key_known()
            raise
        except TimeoutError as error:
            raise QueryTimeout(
                f"The call took longer than {longest:.0f} seconds and was stopped.",
                "Narrow the query, for example to fewer months, or aggregate before joining.",
            ) from error

    async def _read_under(self, caller: Caller, context: str, statement: Statement, max_rows: int) -> Answer | None:
        """None where the database does not accept the context."""
        try:
            return await self._attempt(caller, context, statement, max_rows)
        except _ConnectionLost:
            return await self._repeated(caller, context, statement, max_rows)

    async def _repeated(self, caller: Caller, context: str, statement: Statement, max_rows: int) -> Answer | None:
        """A read may be repeated. How long it is tried, the call's time limit says."""
        from stamina import retry_context  # takes a tenth of a second to import, and is seldom needed

        try:
            async for attempt in retry_context(
                on=_ConnectionLost, attempts=REPEATS, timeout=None, wait_initial=0.05, wait_max=1.0, wait_jitter=0.1
            ):
                with attempt:
                    if (record := current_record.get()) is not None:
                        record.repeats += 1
                    await self._pool.check()  # what ended one connection may have ended them all
                    return await self._attempt(caller, context, statement, max_rows)
        except _ConnectionLost as error:
            self._watch.connection_lost()
            raise Unavailable(
                "The database connection was lost.", "Try again shortly.", retry_after=RETRY_SECONDS
            ) from error
        raise AssertionError("unreachable")

    async def _attempt(self, caller: Caller, context: str, statement: Statement, max_rows: int) -> Answer | None:
        connection = await self._borrowed()
        try:
            try:
                watched = self._watch.slow_statements.watched(statement)
                with timed("database"), watched, self._charged(caller, statement):
                    told = await _converse(connection, _conversation(context, statement, max_rows))
            except psycopg.Error as error:
                if connection.broken:
                    raise _ConnectionLost from error
                await _leave_nothing(connection)
                raise fault_of(error, statement) from error
            except BaseException:
                await connection.close()  # in the middle of it: what it holds, such as locks, ends with it
                raise
            key_known = told["holds"].get_value(0, 0) == b"t"
            self._watch.answered(key_known=key_known)
            return _answer(connection, told["rows"], statement, max_rows) if key_known else None
        finally:
            self._lent.discard(connection)
            await self._pool.putconn(connection)

    @contextmanager
    def _charged(self, caller: Caller, statement: Statement) -> Iterator[None]:
        """What it takes is off the caller's allowance; but of a task's, for tasks are bounded by their number."""
        began = time.perf_counter()
        try:
            yield
        finally:
            if self._allowances is not None and statement.seconds is None:
                self._allowances.charge(caller.principal_id, time.perf_counter() - began)

    async def _borrowed(self) -> Connection:
        """A connection of the pool, which gets it back; raises Unavailable."""
        try:
            with timed("queue"):
                connection = await self._pool.getconn(timeout=POOL_SECONDS)
        except (PoolTimeout, TooManyRequests) as error:
            all_lent = len(self._lent) >= self._pool.max_size
            self._watch.no_connection(all_lent=all_lent)
            problem = "No database connection is free." if all_lent else "The database cannot be reached."
            raise Unavailable(problem, "Try again shortly.", retry_after=RETRY_SECONDS) from error
        self._watch.connected()
        self._lent.add(connection)
        return connection


class _ConnectionLost(Exception):
    """The server went away during the conversation."""


def _conversation(context: str, statement: Statement, max_rows: int) -> Iterator[tuple[str, Said]]:
    """What is said, with a name for what is asked of its result."""
    yield "begin", Said("BEGIN READ ONLY")
    yield "holds", Said("SELECT access.enter_context(%s)", (context,))
    if statement.seconds is not None:
        yield "timeout", Said(_OWN_TIMEOUT, (f"{statement.seconds}s",))
    if statement.planning is not None:
        yield "ceiling", Said("SELECT access.refuse_above(%s, %s, %s)", statement.planning)
    yield "declare", Said(statement.declaration, statement.parameters)
    yield "rows", Said(f"FETCH {max_rows + 1} FROM answer")
    yield from _END


async def _converse(connection: Connection, conversation: Iterable[tuple[str, Said]]) -> dict[str, PGresult]:
    names, said = zip(*conversation, strict=True)
    return dict(zip(names, await converse(connection, said), strict=True))


_END = (
    ("rollback", Said("ROLLBACK")),
    # Session-level advisory locks outlive a rollback.
    ("unlock", Said("SELECT pg_advisory_unlock_all()")),
)


async def _leave_nothing(connection: Connection) -> None:
    """After an error the rest of the conversation was skipped; raises _ConnectionLost where nobody answers any more."""
    try:
        await _converse(connection, _END)
    except psycopg.Error as error:
        lost = connection.broken
        await connection.close()
        # A session that answers with an error, as one beyond temp_file_limit does, is given up, but nothing to repeat.
        if lost:
            raise _ConnectionLost from error


def _answer(connection: Connection, told: PGresult, statement: Statement, max_rows: int) -> Answer:
    try:
        skip = 1 if statement.counted else 0
        rows = rows_of(connection, told, skip=skip, most=max_rows)
        columns = columns_of(told, connection)[skip:]
    except (psycopg.DataError, ValueError, RecursionError) as error:
        raise SqlFault(
            "A value of the result cannot be read.",
            "Cast it to text and leave the client's encoding as it is.",
            sqlstate="22000",
            position=None,
        ) from error
    return Answer(columns, rows, truncated=told.ntuples > max_rows)
