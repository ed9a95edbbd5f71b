"""Where a request belongs: its trace, by W3C's trace context, and the host's run of the function."""

import re
from contextvars import ContextVar
from dataclasses import dataclass

TRACE_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
"""https://www.w3.org/TR/trace-context/#traceparent-header-field-values"""


@dataclass(frozen=True)
class Invocation:
    """One run of a function, as the host tells of it."""

    id: str
    trace_parent: str | None
    """The span that the host's own telemetry has for the request."""


current_invocation: ContextVar[Invocation | None] = ContextVar("current_invocation", default=None)
"""Of the request at hand; None where no host is."""


def trace_parent_of(text: object) -> str | None:
    """The text itself where it is one."""
    return text if isinstance(text, str) and TRACE_PARENT.fullmatch(text) else None


def operation_of(trace_parent: str) -> tuple[str, str]:
    """Application Insights' words for it: the operation's id, and the id of the parent in it."""
    _, operation, parent, _ = trace_parent.split("-")
    return operation, parent
