"""The host's own endpoints under `/admin`: is it up, what does it serve, run this function now."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from ipaddress import ip_address
from typing import Any

from . import protos
from .http_messages import Receive, Reply, Scope, read_body
from .settings import is_disabled
from .timers import Timers
from .worker import Function, Worker

log = logging.getLogger("functions_host")

_NOT_FOUND = Reply(404)
_REASON = "This function was programmatically called via the host APIs."


class Admin:
    """`routes` maps a function's name to its path."""

    def __init__(self, worker: Worker, timers: Timers, routes: Mapping[str, str], environ: Mapping[str, str]) -> None:
        self._worker = worker
        self._timers = timers
        self._routes = routes
        self._environ = environ
        self._started = time.monotonic()
        self._calls: set[asyncio.Task[None]] = set()
        self._get: dict[str, Callable[[Scope], Reply]] = {
            "/admin/host/ping": lambda scope: Reply(200),
            "/admin/host/status": lambda scope: _json(self._status()),
            "/admin/functions": lambda scope: _json([self._describe(function, scope) for function in worker]),
        }

    async def answer(self, scope: Scope, receive: Receive, headers: dict[str, str]) -> Reply:
        path, method = scope["path"].rstrip("/").lower(), scope["method"]
        if view := self._get.get(path):
            return view(scope) if method in ("GET", "HEAD") or path.endswith("/ping") else _not_allowed("GET")
        name = path.removeprefix("/admin/functions/")
        if name == path or "/" in name:
            return _NOT_FOUND
        if method == "POST":
            return await self._invoke(name, await read_body(receive, headers))
        if method not in ("GET", "HEAD"):
            return _not_allowed("GET, POST")
        function = self._worker.get(name)
        return _json(self._describe(function, scope)) if function else _NOT_FOUND

    async def _invoke(self, name: str, body: bytes) -> Reply:
        """202 as soon as the run is under way: how it ends is in the log, as in the real host."""
        try:
            request = json.loads(body)
        except ValueError:
            return Reply(400)
        if not isinstance(request, dict):
            return Reply(400)
        if (function := self._worker.get(name)) is None:
            return _NOT_FOUND
        self._run_in_background(self._call(function, request.get("input")))
        return Reply(202)

    async def _call(self, function: Function, given: Any) -> None:
        if timer := self._timers.get(function):
            await timer.invoke(_REASON)
        elif function.trigger_type == "httptrigger":
            # The real host answers 202 too, and its HTTP binding then refuses what is not a request.
            log.error("Executed 'Functions.%s' (Failed): An HttpRequest is required; call its URL", function.name)
        else:
            text = given if isinstance(given, str) else json.dumps(given)
            await self._worker.invoke(function, protos.TypedData(string=text), reason=_REASON)

    def _run_in_background(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(call)
        self._calls.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._calls.discard)

    def _status(self) -> dict[str, Any]:
        uptime = int(1000 * (time.monotonic() - self._started))
        return {"id": "local", "state": "Running", "version": "4.0 (local)", "processUptime": uptime}

    def _describe(self, function: Function, scope: Scope) -> dict[str, Any]:
        path = self._routes.get(function.name)
        host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
        return {
            "name": function.name,
            "language": "python",
            "isDisabled": is_disabled(function.name, self._environ),
            "config": {"bindings": function.bindings},
            "invoke_url_template": None if path is None else f"{scope['scheme']}://{host}{path}",
        }


def is_local_and_no_web_page(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Without keys, `/admin` is for this machine; a browser sends Origin when a page posts, and no page may."""
    client: tuple[str, int] | None = scope.get("client")
    return client is not None and ip_address(client[0]).is_loopback and "origin" not in headers


def _json(document: Any) -> Reply:
    return Reply(200, (("content-type", "application/json; charset=utf-8"),), json.dumps(document).encode())


def _not_allowed(allow: str) -> Reply:
    return Reply(405, (("allow", allow),))
