"""The protocol of tasks, extension io.modelcontextprotocol/tasks (SEP-2663): a long call is answered with a handle.

A call that ends within the grace is answered as ever, if only by a question to the client. What takes longer becomes a
task, and the same work goes on; what it asks then, the task asks (questions.py).
Clients that do not declare the extension see none of this.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.mcpserver.server import require_client_extension
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp.types import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    InputResponseRequestParams,
    RequestParams,
)

from shared.errors import RateLimited, Unavailable
from shared.identity.caller import Caller, current_caller
from shared.identity.scopes import Described, permits
from shared.isolation.gate import Isolation
from shared.tasks.questions import responses_of, round_params, shown, taken
from shared.tasks.store import MOST_KEPT, MOST_WORKING, JsonObject, Task, TaskStore
from shared.tasks.worker import Work, Worker
from shared.telemetry.call_record import current_record
from shared.tools.definition import TASK_KEY, failure

VERSIONS = frozenset({"2026-07-28"})
POLL_MILLISECONDS = 1000
type Ctx = ServerRequestContext[Any, Any]


class TaskParams(RequestParams):
    """Of each method. Anything, for the SDK looks at them before it asks whether the revision has the method."""

    task_id: Any = None
    input_responses: Any = None


class ToolServer(Protocol):
    """The server whose calls become tasks."""

    def tool_named(self, name: str) -> Described | None:
        """See ZavaServer."""

    async def call_again(
        self, name: str, arguments: dict[str, Any], params: InputResponseRequestParams
    ) -> HandlerResult:
        """See ZavaServer."""


class Tasks(Extension):
    """Makes tasks of long calls, and answers tasks/get, tasks/update and tasks/cancel."""

    identifier = "io.modelcontextprotocol/tasks"

    def __init__(
        self, store: TaskStore, worker: Worker, isolation: Isolation, *, grace_seconds: float, call_seconds: float
    ) -> None:
        self._store = store
        self._worker = worker
        self._isolation = isolation
        self._grace_seconds = grace_seconds
        self._call_seconds = call_seconds
        self._server: ToolServer | None = None

    @asynccontextmanager
    async def serving(self, server: ToolServer) -> AsyncIterator[None]:
        """Serve this server's calls, and go on with what other instances have left; at the end, leave it to others."""
        self._server = server
        self._sweep()
        try:
            yield
        finally:
            await self._worker.close()

    def methods(self) -> Sequence[MethodBinding]:
        """See Extension."""
        return [
            MethodBinding("tasks/get", TaskParams, self._own(self._get), VERSIONS),
            MethodBinding("tasks/update", TaskParams, self._own(self._update), VERSIONS),
            MethodBinding("tasks/cancel", TaskParams, self._own(self._cancel), VERSIONS),
        ]

    async def intercept_tool_call(self, params: CallToolRequestParams, ctx: Ctx, call_next: CallNext) -> HandlerResult:
        """See Extension."""
        if not _declared(ctx) or not self._may_become_task(params.name):
            return await call_next(ctx)
        caller = current_caller.get()
        try:
            store_ids = await self._store.visible_stores(caller)
        except Unavailable:  # the call may do without
            return await call_next(ctx)
        work = self._worker.start(caller, call_next(ctx))
        handed_over = False
        try:
            if await _ends_within(self._grace_seconds, work):
                return work.result()
            if task := await self._become_task(caller, params, store_ids):
                _leave_rows_to(work)
                self._worker.hold(task, work)
                handed_over = True
                return {"resultType": "task", **_seed(task)}
            if await _ends_within(self._call_seconds - self._grace_seconds, work):
                return work.result()
            return failure(_too_many())
        finally:
            if not handed_over:
                work.cancel()
                await asyncio.wait({work})

    def _may_become_task(self, tool_name: str) -> bool:
        tool = self._server.tool_named(tool_name) if self._server else None
        return tool is not None and TASK_KEY in (tool.meta or {})

    async def _become_task(
        self, caller: Caller, params: CallToolRequestParams, store_ids: Collection[int]
    ) -> Task | None:
        self._sweep()
        if not self._worker.has_room:
            return None
        try:
            return await self._store.create(
                caller,
                params.name,
                params.arguments or {},
                list(store_ids),
                input_responses=responses_of(params),
                request_state=params.request_state,
            )
        except Unavailable:
            return None

    def _own(
        self, answer: Callable[[Caller, Task, TaskParams], Awaitable[JsonObject]]
    ) -> Callable[[Ctx, Any], Awaitable[Any]]:
        """A handler that answers for tasks of the caller's own, and for every other id alike."""

        async def handle(ctx: Ctx, params: TaskParams) -> HandlerResult:
            require_client_extension(ctx, self.identifier)
            if not isinstance(params.task_id, str):
                raise MCPError(INVALID_PARAMS, "taskId is not a string")
            _check_header(ctx, params.task_id)
            caller = current_caller.get()
            try:
                await self._isolation.ensure()  # a result has rows
                task = await self._find(caller, params.task_id)
                return {"resultType": "complete", **await answer(caller, task, params)}
            except Unavailable as fault:
                raise MCPError(INTERNAL_ERROR, str(fault)) from fault

        return handle

    async def _find(self, caller: Caller, name: str) -> Task:
        """Raises MCPError for any but a task of the caller's, of a tool that its token opens."""
        task_id = _uuid(name)
        task = await self._store.find(caller, task_id) if task_id else None
        tool = self._server.tool_named(task.tool) if task and self._server else None
        if task is None or tool is None or not permits(caller.scopes, tool):
            raise MCPError(INVALID_PARAMS, "Unknown task")
        return task

    async def _get(self, _: Caller, task: Task, __: TaskParams) -> JsonObject:
        if task.abandoned:
            self._sweep()
        match task.status:
            case "completed":
                _note_rows(task.result)
                return _seed(task) | {"result": task.result}
            case "failed":
                return _seed(task) | {"error": task.error}
            case "input_required":
                return _seed(task) | {"inputRequests": shown(task)}
        return _seed(task)

    async def _update(self, caller: Caller, task: Task, params: TaskParams) -> JsonObject:
        while responses := taken(task, params.input_responses):
            if await self._store.answer(caller, task, responses):
                self._sweep()
                break
            task = await self._find(caller, params.task_id)
        return {}

    async def _cancel(self, caller: Caller, task: Task, _: TaskParams) -> JsonObject:
        await self._store.cancel(caller, task.task_id)
        self._worker.stop(task.task_id)
        return {}

    def _sweep(self) -> None:
        if server := self._server:
            self._worker.sweep(lambda task: server.call_again(task.tool, task.arguments, round_params(task)))


def _declared(ctx: Ctx) -> bool:
    capabilities = ctx.session.client_capabilities
    extensions = (capabilities.extensions if capabilities else None) or {}
    return ctx.protocol_version in VERSIONS and Tasks.identifier in extensions


async def _ends_within(seconds: float, work: Work) -> bool:
    done, _ = await asyncio.wait({work}, timeout=seconds)
    return bool(done)


def _too_many() -> RateLimited:
    return RateLimited(
        f"The call takes long and cannot become a task: you may have {MOST_WORKING} at work and {MOST_KEPT} kept, and"
        " the server is bounded, too.",
        "Wait for your tasks to end, cancel one, or narrow the query.",
        retry_after=30,
    )


def _check_header(ctx: Ctx, task_id: str) -> None:
    """The SDK compares Mcp-Name for the methods of the specification itself."""
    request = ctx.request
    if request is not None and decode_header_value(request.headers.get(MCP_NAME_HEADER)) != task_id:
        raise MCPError(HEADER_MISMATCH, "Mcp-Name header does not match the request body's 'taskId' parameter")


def _uuid(name: str) -> UUID | None:
    try:
        task_id = UUID(name)
    except ValueError:
        return None
    return task_id if str(task_id) == name else None


def _note_rows(result: JsonObject | None) -> None:
    """Read when the task was at work, and given now."""
    rows = ((result or {}).get("structuredContent") or {}).get("row_count")
    if isinstance(rows, int) and (record := current_record.get()) is not None:
        record.rows += rows


def _leave_rows_to(work: Work) -> None:
    """What it has read and will read is in the task's result, and not in this answer."""
    if (record := current_record.get()) is not None:
        record.rows = 0
    work.get_context().run(current_record.set, None)


def _seed(task: Task) -> JsonObject:
    """What every answer says of a task."""
    return {
        "taskId": str(task.task_id),
        "status": task.status,
        "createdAt": _iso(task.created_at),
        "lastUpdatedAt": _iso(task.updated_at),
        "ttlMs": round((task.expires_at - task.created_at).total_seconds() * 1000),
        "pollIntervalMs": POLL_MILLISECONDS,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
