"""Tasks as rows of ops.tasks: written and read under their principals' signed contexts, on the jobs' login."""

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from shared.components import Component
from shared.database.connection import Connection
from shared.database.queries import named_queries
from shared.errors import Unavailable
from shared.identity.caller import Caller
from shared.keys.signing import ContextSigner

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=10)
"""How long a worker may be silent before another one takes over."""
TTL = timedelta(hours=1)
MOST_WORKING = 2
"""Of one principal."""
MOST_KEPT = 20
"""Of one principal, finished ones included: each holds up to a result."""
CONNECT_SECONDS = 5.0

type Status = Literal["working", "input_required", "completed", "failed", "cancelled"]
type JsonObject = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A row as its principal sees it."""

    task_id: UUID
    caller: Caller
    """Who asked, as far as running it again needs that: its token is not kept."""
    tool: str
    arguments: JsonObject
    input_responses: JsonObject | None
    """What the client answered in the last round."""
    request_state: str | None
    """What the tool left for itself in that round."""
    rounds: int
    """How often the client was asked since this is a task."""
    status: Status
    input_requests: JsonObject | None
    """What the client is asked and has not answered."""
    result: JsonObject | None
    error: JsonObject | None
    attempts: int
    abandoned: bool
    """Whether nobody works on it, though somebody should."""
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Abandoned:
    """What a worker is told of a task that it takes over."""

    task_id: UUID
    principal_id: UUID
    store_scope: UUID | None


class TaskStore:
    """The tasks of all callers, one caller at a time. A worker is one instance of the server.

    Every method raises Unavailable where the database does not do it, and nothing else.
    """

    def __init__(
        self, pool: AsyncConnectionPool[Connection], signer: ContextSigner, component: Component | None = None
    ) -> None:
        self._pool = pool
        self._signer = signer
        self._component = component or Component("tasks")
        self._queries = named_queries("tasks")
        self._bounds = {"worker": uuid4(), "lease": LEASE, "most_working": MOST_WORKING}

    async def visible_stores(self, caller: Caller) -> list[int]:
        """What the caller sees now."""
        [row] = await self._as(caller, "visible_stores")
        stores: list[int] = row["store_ids"]
        return stores

    async def create(
        self,
        caller: Caller,
        tool: str,
        arguments: Mapping[str, Any],
        store_ids: Sequence[int],
        *,
        input_responses: JsonObject | None = None,
        request_state: str | None = None,
    ) -> Task | None:
        """A task with this worker's lease; None where the caller has as many as it may.

        store_ids: what the caller saw before the work began. input_responses, request_state: of earlier rounds.
        """
        await self._forget_expired()
        rows = await self._as(
            caller,
            "create",
            tenant_id=caller.tenant_id,
            object_id=caller.object_id,
            client_id=caller.client_id,
            store_scope=caller.store_scope,
            scopes=sorted(caller.scopes),
            tool=tool,
            arguments=_json(arguments),
            input_responses=_json(input_responses) if input_responses else None,
            request_state=_state(request_state),
            store_ids=list(store_ids),
            ttl=TTL,
            most_kept=MOST_KEPT,
            token_id=caller.token_id,
            token_issued_at=caller.issued_at,
        )
        return _first(rows)

    async def find(self, caller: Caller, task_id: UUID) -> Task | None:
        """The caller's own task; None for any other and for one that is not there."""
        return _first(await self._as(caller, "find", task_id=task_id))

    async def take_over(self) -> Abandoned | None:
        """The lease of the oldest task that nobody works on and whose principal may have one more at work."""
        async with self._connection() as connection:
            cursor = await connection.execute(self._queries["take_over"], self._bounds)
            row = await cursor.fetchone()
        return Abandoned(*row) if row else None

    async def begin(self, abandoned: Abandoned) -> Task | None:
        """The task that was taken over, to be run with what its principal sees now."""
        return _first(await self._as(abandoned, "begin", task_id=abandoned.task_id))

    async def renew(self, caller: Caller, task_id: UUID) -> bool:
        """False where the task is no longer this worker's to work on, because it was cancelled for example."""
        return bool(await self._as(caller, "renew", task_id=task_id))

    async def release(self, caller: Caller, task_id: UUID) -> None:
        """End this worker's lease now; nothing where the task has ended or is another's."""
        await self._as(caller, "release", task_id=task_id)

    async def ask(self, task: Task, requests: JsonObject, state: str | None) -> None:
        """Wait for the client, and for whoever goes on then; nothing where the task is no longer this worker's."""
        await self._as(task.caller, "ask", task_id=task.task_id, requests=_json(requests), state=_state(state))

    async def answer(self, caller: Caller, task: Task, responses: JsonObject) -> bool:
        """Take them; the last one leaves the task to be taken over. False where it asks something else by now."""
        asked = task.input_requests or {}
        unanswered = {name: request for name, request in asked.items() if name not in responses}
        rows = await self._as(
            caller,
            "answer",
            task_id=task.task_id,
            round=task.rounds,
            asked=_json(asked),
            requests=_json(unanswered) if unanswered else None,
            responses=_json((task.input_responses or {}) | responses),
        )
        return bool(rows)

    async def complete(self, caller: Caller, task_id: UUID, result: str) -> None:
        """Keep the result, JSON; nothing where the task is no longer this worker's."""
        await self._as(caller, "finish", task_id=task_id, status="completed", result=result, error=None)

    async def fail(self, caller: Caller, task_id: UUID, error: Mapping[str, Any]) -> None:
        """Keep a JSON-RPC error; nothing where the task is no longer this worker's."""
        await self._as(caller, "finish", task_id=task_id, status="failed", result=None, error=_json(error))

    async def cancel(self, caller: Caller, task_id: UUID) -> None:
        """Whoever works on it learns that when it renews its lease; what has ended stays as it is."""
        await self._as(caller, "cancel", task_id=task_id)

    async def _forget_expired(self) -> None:
        async with self._connection() as connection:
            await connection.execute(self._queries["forget_expired"])

    async def _as(self, owner: Caller | Abandoned, query: str, **parameters: object) -> list[JsonObject]:
        """The query's rows under the owner's context, in one round trip."""
        parameters |= self._bounds

        async def run(context: str) -> list[JsonObject] | None:
            async with self._connection() as connection:
                async with connection.pipeline(), connection.transaction():
                    holds = await connection.execute("SELECT access.enter_context(%s)", (context,))
                    rows = connection.cursor(row_factory=dict_row)
                    await rows.execute(self._queries[query], parameters)
                if await holds.fetchone() != (True,):
                    return None
                return await rows.fetchall() if rows.description else []

        return await self._signer.accepted(run, owner.principal_id, owner.store_scope)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.connection(timeout=CONNECT_SECONDS) as connection:
                yield connection
                self._component.up()
        except psycopg.OperationalError as error:  # PoolTimeout is one
            self._component.down(type(error).__name__)
            raise Unavailable("The database does not answer.", "Try again shortly.", retry_after=5) from error
        except psycopg.Error as error:  # a schema of another release, for example: calls do without tasks
            self._component.down(type(error).__name__)
            log.exception("tasks cannot be kept")
            raise Unavailable("Tasks cannot be kept at the moment.", "Try again later.", retry_after=60) from error


def _first(rows: Sequence[JsonObject]) -> Task | None:
    if not rows:
        return None
    row = dict(rows[0])
    caller = Caller(
        tenant_id=row["tenant_id"],
        object_id=row["object_id"],
        client_id=row["client_id"],
        scopes=frozenset(row["scopes"]),
        app_roles=frozenset(),
        expires_at=0,
        issued_at=int(issued_at.timestamp()) if (issued_at := row["token_issued_at"]) else 0,
        token_id=row["token_id"],
        store_scope=row["store_scope"],
    )
    return Task(caller=caller, **{name: row[name] for name in Task.__dataclass_fields__ if name != "caller"})


def _state(text: str | None) -> str | None:
    """As JSON, for a text of PostgreSQL's cannot hold every character."""
    return None if text is None else json.dumps(text, ensure_ascii=False)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
