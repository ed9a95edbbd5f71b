"""What stands before everything else at the MCP endpoint: each request gets a record, each sink gets it at the end."""

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import CallToolResult
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Unavailable
from shared.logs.trace import current_invocation, trace_parent_of
from shared.telemetry.call_record import MAX_NAME, OK, CallRecord, Journal, Sink, current_record

log = logging.getLogger(__name__)


class Recording:
    """ASGI middleware. An answer is held until the journal and the sinks have its record, and refused where the journal
    does not take it. Functions sends a reply when it is complete, so nobody waits longer for that.
    """

    def __init__(self, app: ASGIApp, journal: Journal, sinks: Sequence[Sink]) -> None:
        self._app = app
        self._journal = journal
        self._sinks = sinks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a record."""
        invocation = current_invocation.get()
        record = CallRecord(
            began_at=datetime.now(UTC),
            trace_parent=(invocation.trace_parent if invocation else None)
            or trace_parent_of(Headers(scope=scope).get("traceparent")),
            invocation_id=invocation.id if invocation else None,
        )
        reply: list[Message] = []
        began, complete = time.perf_counter(), False

        def end() -> Unavailable | None:
            nonlocal complete
            complete = True
            record.seconds = time.perf_counter() - began
            if record.outcome == OK and (record.status is None or record.status >= 400):
                record.outcome = f"HTTP_{record.status or 'NONE'}"
            return self._taken(record)

        async def held(message: Message) -> None:
            reply.append(message)
            if message["type"] == "http.response.start":
                record.status = message["status"]
            elif message["type"] == "http.response.body":
                record.bytes += len(message.get("body", b""))
                if not message.get("more_body"):
                    await _answer(end(), reply, scope, receive, send)

        try:
            self._journal.reserve()
        except Unavailable as fault:
            return await _answer(self._refused(record, fault), reply, scope, receive, send)
        token = current_record.set(record)
        try:
            await self._app(scope, receive, held)
        finally:
            current_record.reset(token)
            if not complete and (unrecorded := end()):
                log.error("a call without an answer has no record: %s", unrecorded)

    def _taken(self, record: CallRecord) -> Unavailable | None:
        """The journal's refusal, which the sinks then have for the outcome."""
        fault = None
        try:
            self._journal.keep(record)
        except Unavailable as refusal:
            fault = self._refused(record, refusal)
        else:
            self._give(record)
        return fault

    def _refused(self, record: CallRecord, fault: Unavailable) -> Unavailable:
        record.status, record.outcome, record.rows, record.bytes = 503, fault.code, 0, 0
        self._give(record)
        return fault

    def _give(self, record: CallRecord) -> None:
        for sink in self._sinks:
            try:
                sink(record)
            except Exception:
                log.exception("a record was not taken")


async def _answer(
    fault: Unavailable | None, reply: Sequence[Message], scope: Scope, receive: Receive, send: Send
) -> None:
    """The reply that was held, or the refusal in its place."""
    if fault is not None:
        body = {"error": "temporarily_unavailable", "error_description": str(fault)}
        refusal = JSONResponse(body, 503, headers={"retry-after": str(fault.retry_after), "cache-control": "no-store"})
        await refusal(scope, receive, send)
        return
    for message in reply:
        await send(message)


async def note_message(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware of the server: what a message asks for and how it ends, into the record at hand."""
    if (record := current_record.get()) is None:
        return await call_next(ctx)
    note_request(record, ctx.method, ctx.params or {})
    try:
        result = await call_next(ctx)
    except MCPError as error:
        record.outcome = str(error.error.code)
        raise
    except Exception as error:
        record.outcome = type(error).__name__
        raise
    record.outcome = outcome_of(result)
    if isinstance(result, Mapping) and result.get("resultType") == "task":
        record.task_id = _task_id(result)
    return result


def note_request(record: CallRecord, method: str, params: Mapping[str, Any]) -> None:
    """What a message asks for."""
    record.method = method
    record.name = _name(params)
    record.task_id = _task_id(params)
    record.arguments_hash = _hash(params["arguments"]) if "arguments" in params else None
    record.trace_parent = trace_parent_of((params.get("_meta") or {}).get("traceparent")) or record.trace_parent


def outcome_of(result: HandlerResult) -> str:
    """How a message was answered."""
    if isinstance(result, CallToolResult):
        result = {"isError": result.is_error, "_meta": result.meta}
    if not isinstance(result, Mapping) or not result.get("isError"):
        return OK
    code = ((result.get("_meta") or {}).get("zava/error") or {}).get("code")
    return code if isinstance(code, str) else "TOOL_ERROR"


def _name(params: Mapping[str, Any]) -> str | None:
    named = next((params[key] for key in ("name", "uri", "taskId") if isinstance(params.get(key), str)), None)
    return named[:MAX_NAME] if named is not None else None


def _task_id(told: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID(told["taskId"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _hash(arguments: object) -> bytes:
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).digest()
