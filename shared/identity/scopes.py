"""What a token lets its client do: three scopes, and the one rule by which anything is listed, opened or refused."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, Protocol

from shared.errors import InsufficientScope

type ToolScope = Literal["sales.read", "catalog.read", "admin"]
type Kind = Literal["tool", "prompt", "resource", "template"]
"""What a scope opens. A resource goes by its URI, a template by its URI with the names of variables."""

USUAL_SCOPES: tuple[ToolScope, ...] = ("sales.read", "catalog.read")
"""All that a client of the data needs, so all that it is told to ask for at first."""
SCOPES: frozenset[ToolScope] = frozenset((*USUAL_SCOPES, "admin"))
"""None of them contains another."""
SCOPE_KEY = "zava/scope"
"""Where a definition says its scopes: in `_meta`, so that clients see them, too. Several stand side by side."""


class Described(Protocol):
    """A tool, prompt, resource or template, as the server keeps it or as clients see it."""

    @property
    def meta(self) -> Mapping[str, Any] | None:
        """Holds SCOPE_KEY. What is defined without is a mistake: a KeyError for everybody."""


def scope_meta(*scopes: ToolScope) -> dict[str, str]:
    """What a definition has in `_meta`: all these are needed."""
    return {SCOPE_KEY: " ".join(scopes)}


def permits(granted: Collection[str], described: Described) -> bool:
    """Whether a token with these scopes opens it."""
    return not set(_scopes_of(described)).difference(granted)


def require_scope(granted: Collection[str], described: Described | None) -> None:
    """Raises InsufficientScope unless these open it; where a request opens nothing, any one of ours will do."""
    if described is None and SCOPES.isdisjoint(granted):
        raise InsufficientScope(*USUAL_SCOPES)
    if described is not None and not permits(granted, described):
        raise InsufficientScope(*_scopes_of(described))


def _scopes_of(described: Described) -> list[str]:
    return str((described.meta or {})[SCOPE_KEY]).split()
