"""What a token lets its client do: three scopes, and the one rule by which a tool is listed, called or refused."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, Protocol

from shared.errors import InsufficientScope

type ToolScope = Literal["sales.read", "catalog.read", "admin"]

USUAL_SCOPES: tuple[ToolScope, ...] = ("sales.read", "catalog.read")
"""All that a client of the data needs, so all that it is told to ask for at first."""
SCOPES: frozenset[ToolScope] = frozenset((*USUAL_SCOPES, "admin"))
"""None of them contains another."""
SCOPE_KEY = "zava/scope"
"""Where a tool's definition says its scope: in `_meta`, so that clients see it, too."""


class Described(Protocol):
    """A tool, as the server keeps it or as clients see it."""

    @property
    def meta(self) -> Mapping[str, Any] | None:
        """Holds SCOPE_KEY. A tool defined without is a mistake: a KeyError for everybody."""


def permits(granted: Collection[str], tool: Described) -> bool:
    """Whether a token with these scopes opens the tool."""
    return _scope_of(tool) in granted


def require_scope(granted: Collection[str], tool: Described | None) -> None:
    """Raises InsufficientScope unless these open the tool; where a request calls no tool, any one of ours will do."""
    if tool is None and SCOPES.isdisjoint(granted):
        raise InsufficientScope(*USUAL_SCOPES)
    if tool is not None and not permits(granted, tool):
        raise InsufficientScope(_scope_of(tool))


def _scope_of(tool: Described) -> str:
    return str((tool.meta or {})[SCOPE_KEY])
