"""A resource as its subject's file defines it: a URI, the function that reads it, and what clients are told of it."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import getdoc
from typing import Any

from mcp.types import Annotations

from shared.icons import icons
from shared.identity.scopes import ToolScope, scope_meta


@dataclass(frozen=True, kw_only=True)
class ResourceDefinition:
    """A template where the URI has variables: the function's arguments. The function's docstring describes it."""

    uri: str
    function: Callable[..., Any]
    title: str
    scope: ToolScope
    mime_type: str
    icon: str
    """A drawing of pages/icons/."""
    priority: float
    """From 0, nice to have, to 1, which no question can do without."""
    size: int | None = None
    """Bytes, where it is always the same."""

    def told(self) -> dict[str, Any]:
        """What clients see of it, as MCPServer.resource takes it."""
        return {
            "name": self.function.__name__,
            "title": self.title,
            "description": getdoc(self.function),
            "mime_type": self.mime_type,
            "icons": icons(self.icon),
            "annotations": Annotations(audience=["user", "assistant"], priority=self.priority),
            "meta": scope_meta(self.scope),
        }
