"""The ASGI application: a request in, the function that it is for, its answer out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from .admin import Admin, is_local_and_no_web_page
from .http_messages import (
    BodyTooLarge,
    ClientGone,
    InvalidReply,
    Receive,
    Reply,
    Scope,
    Send,
    content_length,
    joined_headers,
    query_string,
    read_body,
    to_reply,
    to_rpc_http,
)
from .keys import AccessKeys, presented_key
from .routes import Match, Route, RouteTable, parse_route
from .settings import HostJson, is_disabled, resolve_references
from .worker import Function, Worker

log = logging.getLogger("functions_host")

_HOME_PAGE = Reply(
    200, (("content-type", "text/html; charset=utf-8"),), b"<p>Your Functions host is up and running.</p>"
)


class FrontEnd:
    """Holds what all requests share; `keys` is None when no key is asked for."""

    def __init__(
        self, worker: Worker, routes: list[Route], admin: Admin, keys: AccessKeys | None, environ: Mapping[str, str]
    ) -> None:
        self._worker = worker
        self._routes = RouteTable(routes)
        self._admin = admin
        self._keys = keys
        self._home_page = Reply(204) if environ.get("AzureWebJobsDisableHomepage") == "true" else _HOME_PAGE
        self._warned_of_chunks = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._answer(scope, receive)
        except BodyTooLarge:
            reply = Reply(413, (("connection", "close"),))
        except ClientGone:
            return
        except asyncio.CancelledError:  # only a stopping host cancels, when the grace is over
            reply = Reply(503)
        await reply.send(send)

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        headers = joined_headers(scope)
        if scope["path"].lower().startswith("/admin/"):
            return await self._answer_admin(scope, receive, headers)
        match = self._routes.find(scope["method"], scope["path"])
        if match is None:
            return self._home_page if scope["path"] == "/" else Reply(404)
        function = self._worker.get(match.function_name)
        assert function is not None  # routes are made from the worker's functions
        if not self._may_call(function.trigger.get("authLevel", "function"), scope, headers):
            return Reply(401)
        return await self._invoke(function, match, scope, receive, headers)

    async def _answer_admin(self, scope: Scope, receive: Receive, headers: dict[str, str]) -> Reply:
        if not self._may_call("admin", scope, headers):
            return Reply(401)
        if self._keys is None and not is_local_and_no_web_page(scope, headers):
            return Reply(403)
        return await self._admin.answer(scope, receive, headers)

    async def _invoke(
        self, function: Function, match: Match, scope: Scope, receive: Receive, headers: dict[str, str]
    ) -> Reply:
        body = await read_body(receive, headers)
        if body and not content_length(headers):
            self._warn_of_chunks(function)
            body = b""
        request = to_rpc_http(scope, headers, match.parameters, body)
        reason, trace_parent = "This function was called via HTTP.", headers.get("traceparent", "")
        outcome = await self._worker.invoke(function, request, reason=reason, trace_parent=trace_parent)
        if not outcome.succeeded:
            return Reply(500)
        try:
            return to_reply(outcome.value)
        except (InvalidReply, ValueError) as error:
            log.error("'Functions.%s' gave no valid HTTP response: %s", function.name, error)
            return Reply(500)

    def _may_call(self, auth_level: str, scope: Scope, headers: dict[str, str]) -> bool:
        return self._keys is None or self._keys.open(auth_level, presented_key(headers, query_string(scope)))

    def _warn_of_chunks(self, function: Function) -> None:
        if not self._warned_of_chunks:
            self._warned_of_chunks = True
            log.warning(
                "'Functions.%s' was sent a chunked body, which arrives empty: the Functions host passes a body on only "
                "when Content-Length says how long it is (said once)",
                function.name,
            )


def make_routes(worker: Worker, host_json: HostJson, environ: Mapping[str, str]) -> list[Route]:
    """One route per enabled HTTP function."""
    routes = []
    for function in worker:
        if function.trigger_type == "httptrigger" and not is_disabled(function.name, environ):
            template = resolve_references(function.name, function.trigger.get("route") or function.name, environ)
            methods = function.trigger.get("methods") or ()
            routes.append(parse_route(function.name, template, methods, host_json.route_prefix))
            log.info("'Functions.%s' answers %s %s", function.name, ",".join(methods) or "all", routes[-1].template)
    return routes
