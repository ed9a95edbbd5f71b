"""Lists in pages, in the order of registration: a cursor is the fingerprint of the entry that a page ended with.

So a cursor holds on every instance, is as short for any list, tells nothing, and needs neither key nor memory. One
that fits no entry of the caller's own list was never given out, or what it stood for is gone: the client starts again.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import INVALID_PARAMS

PAGE_SIZE = 100
"""Many clients read no second page of tools, so the first one has room for all of them."""


class _List(NamedTuple):
    entries: str
    name: str


LISTS = {
    "tools/list": _List("tools", "name"),
    "prompts/list": _List("prompts", "name"),
    "resources/list": _List("resources", "uri"),
    "resources/templates/list": _List("resourceTemplates", "uriTemplate"),
}


async def paginate(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware that cuts a list to the page after the request's cursor; -32602 for a cursor that fits nothing."""
    result = await call_next(ctx)
    listed = LISTS.get(ctx.method)
    if listed is None or not isinstance(result, Mapping):
        return result
    cursors = [_cursor(ctx.method, entry[listed.name]) for entry in result[listed.entries]]
    start = _start(cursors, (ctx.params or {}).get("cursor"))
    end = start + PAGE_SIZE
    more = {"nextCursor": cursors[end - 1]} if end < len(cursors) else {}
    return {**result, listed.entries: result[listed.entries][start:end], **more}


def _start(cursors: list[str], cursor: str | None) -> int:
    if cursor is None:
        return 0
    if cursor not in cursors:
        raise MCPError(INVALID_PARAMS, "Unknown cursor: ask for the first page again, without a cursor")
    return cursors.index(cursor) + 1


def _cursor(method: str, name: str) -> str:
    digest = hashlib.sha256(f"{method}\0{name}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:15]).decode()
