"""What stands between authentication and the MCP endpoint: who lacks a call's scope learns it by HTTP status.

The server refuses such a call as well, whichever way it came (`ZavaServer`), but then as a tool's or the protocol's
error, and clients ask for another scope on a 403 only.
"""

from collections.abc import Callable
from typing import Any

from shared.errors import InsufficientScope
from shared.identity.caller import current_caller
from shared.identity.scopes import Described, Kind, require_scope
from shared.telemetry.call_record import MAX_NAME, current_record

type Named = Callable[[Kind, str], Described | None]


def ensure_permitted(message: object, named: Named) -> None:
    """Raises InsufficientScope where the caller's token does not open what the request is for.

    message: a body's JSON. Headers (Mcp-Method, Mcp-Name) are not asked: the endpoint acts on the body.
    """
    asked = asked_for(message)
    try:
        require_scope(current_caller.get().scopes, None if asked is None else named(*asked))
    except InsufficientScope:
        _note_refused(message, asked)
        raise


def _note_refused(message: Any, asked: tuple[Kind, str] | None) -> None:
    """What the server, which would note it, does not get to see."""
    if asked is not None and (record := current_record.get()) is not None:
        record.method, record.name = message["method"], asked[1][:MAX_NAME]


def asked_for(message: object) -> tuple[Kind, str] | None:
    """What a request opens, by kind and name; None for any other message, which the endpoint answers as the
    protocol wants.
    """
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
