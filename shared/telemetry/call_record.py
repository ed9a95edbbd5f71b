"""What is known of one request: who asked, for what, how it ended and where the time went.

Filled on its way through the layers, handed to sinks at its end (recording.py).
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from shared.identity.caller import Caller

type Part = Literal["authentication", "queue", "guard", "database"]
"""What a call's time is spent on; what is left of it is the protocol's, and the making of the answer."""

OK = "OK"
MAX_NAME = 200


@dataclass(kw_only=True)
class CallRecord:
    """One HTTP request to the MCP endpoint. Seconds are of a monotonic clock."""

    began_at: datetime
    """UTC."""
    method: str | None = None
    """Of JSON-RPC; None where no message was read."""
    name: str | None = None
    """Of the tool or prompt, or the URI of the resource, as the client wrote it, MAX_NAME characters of it."""
    caller: Caller | None = None
    """None where nobody was authenticated."""
    task_id: UUID | None = None
    """Of the task that the call became, or is about."""
    arguments_hash: bytes | None = None
    """SHA-256 of the arguments, where the message has some."""
    trace_parent: str | None = None
    """W3C trace context: what the client put into `_meta`, else the host's or the HTTP header."""
    invocation_id: str | None = None
    """The host's name for this run of the function."""
    outcome: str = OK
    """OK, a ToolFault's code, JSON-RPC's error code, or HTTP_ and a status."""
    status: int | None = None
    """Of HTTP; None where no reply was begun."""
    repeats: int = 0
    """How often a read was tried again because its connection broke."""
    rows: int = 0
    """Of the data, that went into the answer; from the database or from what is kept."""
    bytes: int = 0
    """Of the reply's body."""
    seconds: float = 0.0
    """In all."""
    parts: dict[Part, float] = field(default_factory=dict)
    """Seconds of each part; two that go on at once count twice."""

    def add(self, part: Part, seconds: float) -> None:
        """Time spent on a part."""
        self.parts[part] = self.parts.get(part, 0.0) + seconds


type Sink = Callable[[CallRecord], None]
"""Takes a finished record. It returns at once: an answer waits for it."""


class Journal(Protocol):
    """Without which nobody gets an answer: where a record cannot be kept, its call is refused."""

    def reserve(self) -> None:
        """Room for a record, before the call; raises Unavailable where there is none."""

    def keep(self, record: CallRecord) -> None:
        """Once for each reserve, before the answer leaves; raises Unavailable where the record is not kept."""


current_record: ContextVar[CallRecord | None] = ContextVar("current_record", default=None)
"""Of the request at hand; None in jobs and wherever nobody keeps records."""


class timed:  # noqa: N801  # read as a verb: with timed("guard")
    """Adds what the block takes to the record at hand. A class: a generator takes twice as long."""

    __slots__ = ("_began", "_part", "_record")

    def __init__(self, part: Part) -> None:
        self._part = part

    def __enter__(self) -> None:
        self._record = current_record.get()
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        if self._record is not None:
            self._record.add(self._part, time.perf_counter() - self._began)
