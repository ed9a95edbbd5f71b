"""What is told of the application, and how Application Insights wants to read it.

Of the SDK, `applicationinsights`, its contracts are used: the shapes and names that ingestion understands. Its client
and channel stamp an item with the time of its sending, and ask for what Python is about to drop.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from shared.connection_string import Ingestion
from shared.logs.trace import operation_of
from shared.version import VERSION

if TYPE_CHECKING:  # a third of a second to import at worst: in a thread, before the first batch
    from applicationinsights.channel import contracts  # type: ignore[import-untyped]

ROLE = "zava-retail-mcp"
INSTANCE = uuid4().hex[:12]
"""Of this process, in its items and in /health."""
MAX_TEXT = 200
"""Characters of a value."""
MAX_BODY_BYTES = 500_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """Texts are names and codes of a small set: what callers wrote has no place here."""

    name: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    trace_parent: str | None = None
    """W3C trace context: the operation it belongs to, and the span that it was done for."""
    principal_id: UUID | None = None
    """Goes out as a pseudonym, or not at all."""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Event(Item):
    """Something happened."""

    measurements: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependency(Item):
    """Another service was asked."""

    kind: str
    seconds: float
    success: bool
    result: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric(Item):
    """What many values come to: their sum, how many they were, the least and the largest."""

    value: float
    count: int
    least: float
    largest: float


def encoded(items: Sequence[Item], ingestion: Ingestion, pseudonyms: Mapping[UUID, str]) -> Iterator[tuple[bytes, int]]:
    """Bodies of at most MAX_BODY_BYTES (one item is far below), each with how many items are in it."""
    lines: list[bytes] = []
    size = 0
    for item in items:
        line = json.dumps(_envelope(item, ingestion, pseudonyms).write()).encode()
        if lines and size + len(line) > MAX_BODY_BYTES:
            yield _body(lines), len(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield _body(lines), len(lines)


def _body(lines: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def _envelope(item: Item, ingestion: Ingestion, pseudonyms: Mapping[UUID, str]) -> "contracts.Envelope":
    from applicationinsights.channel import contracts

    data = _data(item)
    data.properties = {name: text[:MAX_TEXT] for name, text in item.properties.items()}
    if item.principal_id is not None and item.principal_id in pseudonyms:
        data.properties["principal"] = pseudonyms[item.principal_id]
    envelope = contracts.Envelope()
    envelope.name = data.ENVELOPE_TYPE_NAME
    envelope.time = item.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    envelope.ikey = ingestion.key
    envelope.tags = _tags(item)
    envelope.data = contracts.Data()
    envelope.data.base_type, envelope.data.base_data = data.DATA_TYPE_NAME, data
    return envelope


def _data(item: Item) -> Any:
    from applicationinsights.channel import contracts

    match item:
        case Event():
            event = contracts.EventData()
            event.name, event.measurements = item.name, dict(item.measurements)
            return event
        case Dependency():
            dependency = contracts.RemoteDependencyData()
            dependency.id, dependency.name, dependency.type = uuid4().hex[:16], item.name, item.kind
            dependency.duration, dependency.success = _duration(item.seconds), item.success
            dependency.result_code = item.result
            return dependency
        case Metric():
            point = contracts.DataPoint()
            point.name, point.kind = item.name, contracts.DataPointType.aggregation
            point.value, point.count, point.min, point.max = item.value, item.count, item.least, item.largest
            metric = contracts.MetricData()
            metric.metrics.append(point)
            return metric
        case _:
            raise TypeError(type(item).__name__)


def _tags(item: Item) -> dict[str, str]:
    tags = {"ai.cloud.role": ROLE, "ai.cloud.roleInstance": INSTANCE, "ai.application.ver": VERSION}
    if item.trace_parent is not None:
        tags["ai.operation.id"], tags["ai.operation.parentId"] = operation_of(item.trace_parent)
    return tags


def _duration(seconds: float) -> str:
    """As .NET writes a TimeSpan."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    hours, minutes = divmod(int(minutes), 60)
    days, hours = divmod(hours, 24)
    return f"{days}.{hours:02}:{minutes:02}:{rest:09.6f}"
