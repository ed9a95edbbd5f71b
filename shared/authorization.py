"""What stands between authentication and the MCP endpoint: who lacks a call's scope learns it by HTTP status.

The server refuses such a call as well, whichever way it came (`ZavaServer`), but then as a tool's or the protocol's
error, and clients ask for another scope on a 403 only.
"""

import json
from collections.abc import Callable

from shared.errors import InsufficientScope
from shared.identity.caller import current_caller
from shared.identity.scopes import Described, Kind, require_scope
from shared.telemetry.call_record import MAX_NAME, current_record

type Named = Callable[[Kind, str], Described | None]


def ensure_permitted(body: bytes, named: Named) -> None:
    """Raises InsufficientScope where the caller's token does not open what the request is for."""
    asked = asked_for(body)
    try:
        require_scope(current_caller.get().scopes, None if asked is None else named(*asked))
    except InsufficientScope:
        _note_refused(body, asked)
        raise


def _note_refused(body: bytes, asked: tuple[Kind, str] | None) -> None:
    """What the server, which would note it, does not get to see."""
    if asked is not None and (record := current_record.get()) is not None:
        record.method, record.name = json.loads(body)["method"], asked[1][:MAX_NAME]


def asked_for(body: bytes) -> tuple[Kind, str] | None:
    """What a request opens, by kind and name; None for any other body, which the endpoint answers as the
    protocol wants.

    Headers (Mcp-Method, Mcp-Name) are not asked: the endpoint acts on the body. Its two parsers read no body that json
    does not read, and read it alike.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    match message:
        case {"method": "tools/call", "params": {"name": str(name)}}:
            return "tool", name
        case {"method": "prompts/get", "params": {"name": str(name)}}:
            return "prompt", name
        case {"method": "resources/read", "params": {"uri": str(uri)}}:
            return "resource", uri
        case {"method": "completion/complete", "params": {"ref": {"type": "ref/prompt", "name": str(name)}}}:
            return "prompt", name
        case {"method": "completion/complete", "params": {"ref": {"type": "ref/resource", "uri": str(uri)}}}:
            return "template", uri
    return None
