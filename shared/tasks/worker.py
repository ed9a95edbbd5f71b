"""Who works on tasks: this instance, as long as it renews their leases; any other that finds one abandoned."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mcp import MCPError
from mcp.server.context import HandlerResult
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import INTERNAL_ERROR, CallToolResult, InputRequiredResult, TextContent

from shared.database.statement import Bounds, current_bounds
from shared.errors import TooExpensive, Unauthenticated, Unavailable
from shared.identity.caller import Caller, current_caller
from shared.identity.revocations import Revocations
from shared.tasks.questions import Question, question
from shared.tasks.store import Abandoned, Task, TaskStore
from shared.telemetry.call_record import current_record
from shared.tools.definition import failure

log = logging.getLogger(__name__)

RENEW_SECONDS = 1.5
"""How often a lease is renewed, and how soon a worker learns of a cancellation elsewhere."""
MOST_ATTEMPTS = 3
"""Beside those that follow upon an answer."""
MAX_RESULT_BYTES = 8_000_000
"""Of a result as JSON: rows of 2 MB as text and as values, with room for what JSON puts around them."""

type CallTool = Callable[[Task], Awaitable[HandlerResult]]
"""Calls a task's tool again."""
type Work = asyncio.Task[HandlerResult]
"""Gives what a tools/call gives."""


class Worker:
    """The tasks of this instance."""

    def __init__(self, store: TaskStore, revocations: Revocations, bounds: Bounds, *, most: int) -> None:
        """most: tasks at once, each of which may hold a connection for as long as the bounds say."""
        self._store = store
        self._revocations = revocations
        self._bounds = bounds
        self._most = most
        self._held: dict[UUID, _Held] = {}
        self._holding: set[asyncio.Task[None]] = set()
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def has_room(self) -> bool:
        """Whether it can work on one more."""
        return len(self._held) < self._most

    def start(self, caller: Caller, call: Awaitable[HandlerResult]) -> Work:
        """The call under the bounds of tasks, on its own: it goes on when who started it has gone."""
        context = copy_context()
        context.run(current_caller.set, caller)
        context.run(current_bounds.set, self._bounds)
        return asyncio.get_running_loop().create_task(_awaited(call), context=context)

    def hold(self, task: Task, work: Work) -> None:
        """See the work to its end and keep what it gives, or stop it when the task is cancelled.

        What was begun under a lease that has ended since is stopped.
        """
        self.stop(task.task_id)
        holding = asyncio.create_task(self._hold(task, work), name=f"task {task.task_id}")
        self._held[task.task_id] = held = _Held(task, holding)
        self._holding.add(holding)
        holding.add_done_callback(lambda _: self._let_go(held))

    def stop(self, task_id: UUID) -> None:
        """Stop the work at once if it is here."""
        if held := self._held.get(task_id):
            held.holding.cancel()

    def sweep(self, call_tool: CallTool) -> None:
        """Take over abandoned tasks in the background, as many as there is room for."""
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep(call_tool))

    async def close(self) -> None:
        """Leaves what is under way to other instances, which need not wait for the leases to end."""
        left = [*self._held.values()]
        ending = [*self._holding, *([self._sweeping] if self._sweeping else [])]
        for each in ending:
            each.cancel()
        if ending:
            await asyncio.wait(ending)
        with suppress(Unavailable):
            for held in left:
                await self._store.release(held.task.caller, held.task.task_id)

    def _let_go(self, held: "_Held") -> None:
        """Of the task, unless it is held anew: answered meanwhile, or taken over."""
        self._holding.discard(held.holding)
        if self._held.get(held.task.task_id) is held:
            del self._held[held.task.task_id]

    async def _sweep(self, call_tool: CallTool) -> None:
        current_record.set(None)  # what is taken over is no part of the request that looked
        try:
            while self.has_room and (abandoned := await self._store.take_over()):
                await self._resume(abandoned, call_tool)
        except Unavailable as error:
            log.warning("abandoned tasks wait: %s", error)

    async def _resume(self, abandoned: Abandoned, call_tool: CallTool) -> None:
        """From the beginning of the round: tools that become tasks only read."""
        if (task := await self._store.begin(abandoned)) is None:
            return
        if task.attempts > MOST_ATTEMPTS + task.rounds:
            problem = f"The task was given up: {MOST_ATTEMPTS} instances of the server ended while they worked on it."
            await self._store.fail(task.caller, task.task_id, _error(problem))
            return
        try:
            await self._revocations.ensure_valid(task.caller)
        except Unauthenticated:
            problem = "The task was given up: the token that it began with was revoked."
            await self._store.fail(task.caller, task.task_id, _error(problem))
            return
        log.info("task %s is taken over (attempt %d)", task.task_id, task.attempts)
        self.hold(task, self.start(task.caller, call_tool(task)))

    async def _hold(self, task: Task, work: Work) -> None:
        try:
            while True:
                await asyncio.wait({work}, timeout=RENEW_SECONDS)
                try:
                    if work.done():
                        await self._finish(task, work)
                        break
                    if not await self._store.renew(task.caller, task.task_id):
                        break
                except Unavailable as error:
                    # Whether the lease still holds, the database says when it is back: it takes no result without one.
                    log.warning("task %s waits: %s", task.task_id, error)
                    await asyncio.sleep(RENEW_SECONDS)
        finally:
            work.cancel()
            await asyncio.wait({work})

    async def _finish(self, task: Task, work: Work) -> None:
        match _outcome(task, work):
            case CallToolResult() as result:
                await self._store.complete(task.caller, task.task_id, _bounded(result))
            case Question(requests, state):
                await self._store.ask(task, requests, state)
            case error:
                await self._store.fail(task.caller, task.task_id, error)


@dataclass(frozen=True)
class _Held:
    """A task and who holds it."""

    task: Task
    holding: asyncio.Task[None]


def _outcome(task: Task, work: Work) -> CallToolResult | Question | dict[str, Any]:
    """The result, a tool's own errors among them; what the tool asks; or the JSON-RPC error in their place."""
    try:
        match work.result():
            case CallToolResult() as result:
                return result
            case InputRequiredResult() as asked:
                return question(asked, task)
            case other:
                raise TypeError(f"a tool gave {type(other).__name__}")
    except MCPError as error:
        return error.error.model_dump(by_alias=True, mode="json", exclude_none=True)
    except ToolError as error:
        return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True)
    except Exception:
        log.exception("a task failed")
        return _error("Internal error")


async def _awaited(call: Awaitable[HandlerResult]) -> HandlerResult:
    return await call


def _bounded(result: CallToolResult) -> str:
    text = _json(result)
    if len(text.encode()) <= MAX_RESULT_BYTES:
        return text
    return _json(failure(TooExpensive("The result is too large to be kept.", "Select fewer or shorter columns.")))


def _json(result: CallToolResult) -> str:
    return json.dumps(result.model_dump(by_alias=True, mode="json", exclude_none=True), ensure_ascii=False)


def _error(message: str) -> dict[str, Any]:
    return {"code": INTERNAL_ERROR, "message": message}
