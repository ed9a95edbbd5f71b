"""The sink that tells of each request: an event, its part in the sums, and the database as a dependency.

A name is told only where it is one of what the server offers; of a resource, its template. A URI may hold a query, and
any other name is the client's own text.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from shared.identity.scopes import Described, Kind
from shared.telemetry.adapter import Telemetry
from shared.telemetry.call_figures import CallFigures
from shared.telemetry.call_record import OK, CallRecord
from shared.telemetry.items import Dependency, Event

UNKNOWN = "unknown"
KINDS: Mapping[str, Kind] = {"tools/call": "tool", "prompts/get": "prompt", "resources/read": "resource"}
METHODS = frozenset(
    {
        *KINDS,
        *("initialize", "server/discover", "ping", "completion/complete", "logging/setLevel"),
        *("tools/list", "prompts/list", "resources/list", "resources/templates/list"),
        *("resources/subscribe", "resources/unsubscribe", "subscriptions/listen"),
        *("tasks/get", "tasks/update", "tasks/cancel", "tasks/list", "tasks/result"),
        *("notifications/initialized", "notifications/cancelled", "notifications/progress"),
        "notifications/roots/list_changed",
    }
)

type Named = Callable[[Kind, str], Described | None]


class CallTelemetry:
    """Of one server. named: what it offers."""

    def __init__(self, telemetry: Telemetry, named: Named) -> None:
        self._telemetry = telemetry
        self._named = named
        self.outcomes: Counter[str] = Counter()
        """How many requests ended how."""
        self.figures = CallFigures()
        """The same by name, with how long they took, of late."""

    def __call__(self, record: CallRecord) -> None:
        """Takes a finished record."""
        self.outcomes[record.outcome] += 1
        method, name = _method(record), self._name(record)
        self.figures.add(method, name, record.outcome, record.seconds)
        if self._telemetry.on:
            self._tell(record, {"method": method, "name": name, "outcome": record.outcome})

    def _tell(self, record: CallRecord, series: Mapping[str, str]) -> None:
        measurements = _measurements(record)
        principal_id = None if record.caller is None else record.caller.principal_id
        for name, value in measurements.items():
            self._telemetry.add(f"zava.call.{name}", value, series)
        self._telemetry.give(
            Event(
                name="zava.call",
                at=record.began_at,
                trace_parent=record.trace_parent,
                principal_id=principal_id,
                properties={**series, **_circumstances(record)},
                measurements=measurements,
            )
        )
        if (seconds := record.parts.get("database")) is not None:
            self._telemetry.give(
                Dependency(
                    name=series["name"],
                    at=record.began_at,
                    trace_parent=record.trace_parent,
                    principal_id=principal_id,
                    kind="PostgreSQL",
                    seconds=seconds,
                    success=record.outcome == OK,
                    result=record.outcome,
                )
            )

    def _name(self, record: CallRecord) -> str:
        """Of what is on offer; without one, the method."""
        kind = KINDS.get(record.method or "")
        if kind is None:
            return _method(record)
        if record.name is None or (found := self._named(kind, record.name)) is None:
            return UNKNOWN
        if kind != "resource":
            return record.name
        return str(getattr(found, "uri_template", None) or getattr(found, "uri", UNKNOWN))


def _method(record: CallRecord) -> str:
    if record.method is None:
        return "none"
    return record.method if record.method in METHODS else UNKNOWN


def _measurements(record: CallRecord) -> dict[str, float]:
    parts = {f"{part}_ms": seconds * 1000 for part, seconds in record.parts.items()}
    rest = max(0.0, record.seconds - sum(record.parts.values()))
    return {
        "duration_ms": record.seconds * 1000,
        **parts,
        "rest_ms": rest * 1000,
        "repeats": record.repeats,
        "rows": record.rows,
        "bytes": record.bytes,
    }


def _circumstances(record: CallRecord) -> dict[str, str]:
    scope = record.caller.store_scope if record.caller is not None else None
    return {
        "status": str(record.status or "none"),
        "store_scope": "all" if scope is None else str(scope),
        "invocation": record.invocation_id or "",
    }
