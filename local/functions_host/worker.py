"""Drives `azure_functions_runtime`: index the app once, then one invocation at a time into its answer.

The calls and their order are those of the real proxy worker: init, metadata, load for each function, invocations.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import azure_functions_runtime as runtime  # type: ignore[import-untyped]

from . import protos
from .errors import LoadError
from .settings import HostJson

log = logging.getLogger("functions_host")

_TRACE_PARENT = re.compile(r"00-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})")
_NO_RETRY = protos.RetryContext()
_PROPERTIES: dict[str, Any] = {"protos": protos, "host": "127.0.0.1"}


@dataclass(frozen=True)
class Function:
    """One function of the app, as its decorators describe it."""

    id: str
    name: str
    bindings: tuple[dict[str, Any], ...]
    trigger: dict[str, Any]
    log_level: int

    @property
    def trigger_type(self) -> str:
        return str(self.trigger["type"]).lower()


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended; `value` is what the function returned, None also when it failed."""

    succeeded: bool
    value: protos.TypedData | None = None


class Worker:
    """The indexed function app. `function_timeout` in seconds bounds each invocation, None does not."""

    def __init__(self, functions: dict[str, Function], function_timeout: float | None) -> None:
        self._functions = functions
        self._timeout = function_timeout
        self._running: set[asyncio.Task[Any]] = set()

    @classmethod
    async def start(cls, script_root: Path, host_json: HostJson) -> Self:
        """Imports the app; LoadError carries the runtime's message and stack trace."""
        if not (script_root / "function_app.py").is_file():
            raise LoadError(f"{script_root} has no function_app.py")
        sys.path.insert(0, str(script_root))
        runtime.start_threadpool_executor()
        init = await _initialize(script_root)
        if "HttpUri" in init.capabilities:
            raise LoadError("this host serves no HTTP streams, so the app cannot use azurefunctions-extensions-http-*")
        functions = [await _load(metadata, host_json) for metadata in await _metadata()]
        return cls({function.name.lower(): function for function in functions}, host_json.function_timeout)

    def __iter__(self) -> Iterator[Function]:
        return iter(self._functions.values())

    def get(self, name: str) -> Function | None:
        """By name; case does not matter."""
        return self._functions.get(name.lower())

    async def invoke(
        self, function: Function, data: protos.TypedData, *, reason: str, trace_parent: str = ""
    ) -> Outcome:
        """Runs the function and logs as the real host does. A failure is an Outcome: the host lives on."""
        invocation_id, started = str(uuid.uuid4()), time.perf_counter()
        if function.log_level <= logging.INFO:
            log.info("Executing 'Functions.%s' (Reason='%s', Id=%s)", function.name, reason, invocation_id)
        request = protos.InvocationRequest(
            invocation_id=invocation_id,
            function_id=function.id,
            input_data=[protos.ParameterBinding(function.trigger["name"], data)],
            trace_context=protos.TraceContext(_own_trace_parent(trace_parent)),
            retry_context=_NO_RETRY,
        )
        response = await self._bounded(function, request)
        succeeded = response.result.status == protos.StatusResult.Success
        _log_end(function, invocation_id, 1000 * (time.perf_counter() - started), response.result)
        return Outcome(succeeded, response.return_value if succeeded else None)

    async def _bounded(self, function: Function, request: protos.InvocationRequest) -> Any:
        task = asyncio.create_task(_run(request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait({task}, timeout=self._timeout)
        if done:
            return task.result()
        # The real host restarts the whole worker process here. This one cancels what can be cancelled: an async
        # function stops at its next await, the thread of a sync one runs on unobserved.
        task.cancel()
        return _failure(f"Timeout of {self._timeout:g} s exceeded by function 'Functions.{function.name}'")

    async def drain(self, seconds: float) -> None:
        """Lets running invocations finish."""
        if not self._running:
            return
        _, unfinished = await asyncio.wait(set(self._running), timeout=seconds)
        if unfinished:
            log.warning("%d invocation(s) were still running when the host stopped", len(unfinished))

    def stop(self) -> None:
        """Waits for the threads of sync functions, so drain first."""
        runtime.stop_threadpool_executor()


async def _run(request: protos.InvocationRequest) -> Any:
    try:
        return await runtime.invocation_request(_request("invocation_request", request))
    except (SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:
        # The runtime catches Exception only, and sys.exit() in a function must not take the host with it.
        return _failure(f"{type(error).__name__}: {error}")


async def _initialize(script_root: Path) -> Any:
    message = SimpleNamespace(capabilities={}, function_app_directory=str(script_root))
    try:
        response = await runtime.worker_init_request(_request("worker_init_request", message))
    except SystemExit as error:
        raise LoadError(f"function_app.py called sys.exit({error.code!r}) while it was imported") from error
    _raise_unless_successful(response.result)
    return response


async def _metadata() -> list[Any]:
    response = await runtime.functions_metadata_request(_request("functions_metadata_request", SimpleNamespace()))
    if not response.function_metadata_results:
        raise LoadError("function_app.py declares no functions")
    return list(response.function_metadata_results)


async def _load(metadata: Any, host_json: HostJson) -> Function:
    message = SimpleNamespace(function_id=metadata.function_id, metadata=metadata)
    response = await runtime.function_load_request(_request("function_load_request", message))
    _raise_unless_successful(response.result)
    bindings = tuple(json.loads(binding) for binding in metadata.raw_bindings)
    trigger = next(binding for binding in bindings if binding["type"].lower().endswith("trigger"))
    level = host_json.log_level(f"Function.{metadata.name}")
    return Function(metadata.function_id, metadata.name, bindings, trigger, level)


def _request(name: str, message: Any) -> protos.WorkerRequest:
    return protos.WorkerRequest(name, SimpleNamespace(**{name: message}), _PROPERTIES)


def _failure(message: str) -> protos.InvocationResponse:
    exception = protos.RpcException(message=message)
    return protos.InvocationResponse(result=protos.StatusResult(protos.StatusResult.Failure, exception))


def _raise_unless_successful(result: protos.StatusResult) -> None:
    if result.status != protos.StatusResult.Success:
        exception = result.exception or protos.RpcException()
        raise LoadError(exception.message, exception.stack_trace)


def _log_end(function: Function, invocation_id: str, milliseconds: float, result: protos.StatusResult) -> None:
    end = "Executed 'Functions.%s' (%s, Id=%s, Duration=%.0fms)"
    if result.exception is None:
        if function.log_level <= logging.INFO:
            log.info(end, function.name, "Succeeded", invocation_id, milliseconds)
        return
    detail = f"{result.exception.message}\n{result.exception.stack_trace}".rstrip()
    log.error(end + "\n%s", function.name, "Failed", invocation_id, milliseconds, detail)


def _own_trace_parent(callers: str) -> str:
    """W3C trace context: a function always runs inside a trace, its caller's or a new one, in a span of the host's."""
    found = _TRACE_PARENT.fullmatch(callers)
    trace, flags = (found["trace"], found["flags"]) if found else (secrets.token_hex(16), "01")
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"
