"""What this process needs besides itself, and whether it is up: each part says it, once a change is told to all."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from shared.last_good import Clock

log = logging.getLogger(__name__)

type State = Literal["unknown", "up", "down"]


@dataclass(frozen=True)
class Change:
    """A component that was up is down, or the other way round."""

    component: str
    state: State
    at: datetime
    error: str | None
    """The kind of the error, never its text; of the last one where the component is up again."""


type Told = Callable[[Change], None]


class Component:
    """One of them. settle: for how many seconds after an error it must have no other before it counts as up."""

    def __init__(
        self, name: str, tell: Told = lambda _: None, *, settle: float = 0, clock: Clock = time.monotonic
    ) -> None:
        self.name = name
        self.state: State = "unknown"
        self.since = datetime.now(UTC)
        self.last_error: str | None = None
        self.last_error_at: datetime | None = None
        self._tell = tell
        self._settle = settle
        self._clock = clock
        self._failed_at = -math.inf

    def up(self) -> None:
        """It did what it is for. As cheap as a comparison where that is no news."""
        if self.state == "up" or self._clock() - self._failed_at < self._settle:
            return
        first, self.state, self.since = self.state == "unknown", "up", datetime.now(UTC)
        if not first:
            log.warning("%s is up again", self.name)
            self._tell(Change(self.name, "up", self.since, self.last_error))

    def down(self, error: str) -> None:
        """It did not. error: a word for the kind of it, of a small set."""
        self._failed_at, now = self._clock(), datetime.now(UTC)
        self.last_error, self.last_error_at = error, now
        if self.state != "down":
            self.state, self.since = "down", now
            log.error("%s is down: %s", self.name, error)
            self._tell(Change(self.name, "down", now, error))

    def report(self) -> dict[str, object]:
        """As JSON."""
        return {
            "state": self.state,
            "since": self.since.isoformat(timespec="seconds"),
            "last_error": self.last_error,
            "last_error_at": self.last_error_at and self.last_error_at.isoformat(timespec="seconds"),
        }


class Components:
    """All of one process."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._components: dict[str, Component] = {}
        self._listeners: list[Told] = []

    def component(self, name: str, *, settle: float = 0) -> Component:
        """The one of this name; made where it is asked for first."""
        if name not in self._components:
            self._components[name] = Component(name, self._told, settle=settle, clock=self._clock)
        return self._components[name]

    def tell(self, listener: Told) -> None:
        """Call the listener at each change."""
        self._listeners.append(listener)

    def report(self) -> dict[str, object]:
        """As JSON, by name."""
        return {name: component.report() for name, component in self._components.items()}

    def _told(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)
