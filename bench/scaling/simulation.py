"""Calls as events: an instance takes one, works on it, takes a connection, and the database works on its statement.

Not in the model: the network, time that a statement waits for disks, memory, and all that differs between statements
but their length. So its times are what queues add, and its rates are bounds.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

CONCURRENCY = 16
"""Calls that an instance is given at once (infra/bicep/modules/functionapp.bicep)."""
COLD_START_SECONDS = 3.0
POOL_PATIENCE_SECONDS = 10.0
"""How long a call waits for a connection before it is told to come back."""


@dataclass(frozen=True)
class Shape:
    """What is deployed. pooler: connections to the server that PgBouncer shares out; None without one.

    limit: connections that the login may have. processors: of the database.
    """

    name: str
    instances: int
    pool: int
    limit: int
    processors: int
    pooler: int | None = None


@dataclass(frozen=True)
class Load:
    """rate: calls a second. database_ms, instance_ms: processor time of a call, a mean of exponential times."""

    rate: float
    database_ms: float
    instance_ms: float = 4.0
    seconds: float = 60.0
    warm_up: float = 20.0
    """In seconds: calls that come sooner find instances still starting, and their times are not kept."""


@dataclass
class Outcome:
    """Of one run. Waits and answers in seconds."""

    shape: Shape
    load: Load
    times: list[float] = field(default_factory=list)
    answered: int = 0
    refused: int = 0
    instances: int = 0
    connections: int = 0
    """Most that the server had at a time."""
    busy: float = 0
    """Processor seconds of the database."""
    until: float = 0

    @property
    def utilisation(self) -> float:
        """Of the database's processors."""
        return self.busy / (self.shape.processors * self.until) if self.until else 0.0

    @property
    def throughput(self) -> float:
        """Answers a second."""
        return self.answered / self.until if self.until else 0.0

    def quantile(self, part: float) -> float:
        """Of the times of answers behind the warm-up."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


class _Places:
    """A number of places and a queue for them; waiting: what is called when one is free."""

    def __init__(self, number: int) -> None:
        self.free = number
        self._waiting: deque[Callable[[], bool]] = deque()

    def take(self, begin: Callable[[], bool]) -> None:
        """begin: False where it no longer wants the place."""
        if self.free:
            self.free -= 1
            if not begin():
                self.give()
        else:
            self._waiting.append(begin)

    def give(self) -> None:
        while self._waiting:
            if self._waiting.popleft()():
                return
        self.free += 1


class _Instance:
    def __init__(self, pool: int) -> None:
        self.calls = 0
        self.opened = 0
        self.idle = 0
        self.processor = _Places(1)
        self.pool = _Places(pool)


class Simulation:
    """One shape under one load."""

    def __init__(self, shape: Shape, load: Load, seed: int = 1) -> None:
        self._shape = shape
        self._load = load
        self._random = Random(f"{seed} {shape.name} {load.rate}")  # noqa: S311 - of a simulation
        self._now = 0.0
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._instances: list[_Instance] = []
        self._starting = 0
        self._front: deque[float] = deque()
        self._pooler = _Places(shape.pooler) if shape.pooler is not None else None
        self._processors = _Places(shape.processors)
        self._open = 0
        self._outcome = Outcome(shape, load)

    def run(self) -> Outcome:
        """Until the last call that came in time is answered or refused."""
        self._at(self._pause(1 / self._load.rate), self._arrival)
        while self._events:
            self._now, _, event = heapq.heappop(self._events)
            event()
        self._outcome.until = self._now
        return self._outcome

    def _at(self, delay: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now + delay, next(self._order), event))

    def _pause(self, mean: float) -> float:
        return self._random.expovariate(1 / mean)

    def _arrival(self) -> None:
        if self._now > self._load.seconds:
            return
        self._at(self._pause(1 / self._load.rate), self._arrival)
        self._front.append(self._now)
        self._assign()

    def _assign(self) -> None:
        """To the instance with the fewest calls; where all have as many as they may, another one starts."""
        while self._front:
            instance = min(self._instances, key=lambda each: each.calls, default=None)
            if instance is None or instance.calls >= CONCURRENCY:
                room = self._shape.instances - len(self._instances) - self._starting
                if room and self._starting * CONCURRENCY < len(self._front):
                    self._starting += 1
                    self._at(COLD_START_SECONDS, self._started)
                return
            self._work(instance, self._front.popleft())

    def _started(self) -> None:
        self._starting -= 1
        self._instances.append(_Instance(self._shape.pool))
        self._outcome.instances = len(self._instances)
        self._assign()

    def _work(self, instance: _Instance, arrived: float) -> None:
        instance.calls += 1

        def worked() -> None:
            instance.processor.give()
            waits_until = self._now + POOL_PATIENCE_SECONDS
            instance.pool.take(lambda: self._connected(instance, arrived, waits_until))

        def begin() -> bool:
            self._at(self._pause(self._load.instance_ms / 1000), worked)
            return True

        instance.processor.take(begin)

    def _connected(self, instance: _Instance, arrived: float, waits_until: float) -> bool:
        if self._now > waits_until:
            self._refuse(instance)
            return False
        if instance.idle:
            instance.idle -= 1
        elif self._pooler is None and self._open >= self._shape.limit:
            self._refuse(instance)
            return False
        else:
            instance.opened += 1
            self._open += self._pooler is None
            self._note(self._open)
        if self._pooler is None:
            self._execute(instance, arrived)
        else:
            self._pooler.take(lambda: self._pooled(instance, arrived))
        return True

    def _pooled(self, instance: _Instance, arrived: float) -> bool:
        self._open += 1
        self._note(self._open)
        self._execute(instance, arrived)
        return True

    def _execute(self, instance: _Instance, arrived: float) -> None:
        taken = self._pause(self._load.database_ms / 1000)

        def begin() -> bool:
            self._outcome.busy += taken
            self._at(taken, executed)
            return True

        def executed() -> None:
            self._processors.give()
            if self._pooler is not None:
                self._open -= 1
                self._pooler.give()
            instance.idle += 1
            self._outcome.answered += 1
            if arrived >= self._load.warm_up:
                self._outcome.times.append(self._now - arrived)
            instance.calls -= 1
            instance.pool.give()
            self._assign()

        self._processors.take(begin)

    def _refuse(self, instance: _Instance) -> None:
        self._outcome.refused += 1
        instance.calls -= 1
        self._at(0, self._assign)

    def _note(self, connections: int) -> None:
        self._outcome.connections = max(self._outcome.connections, connections)


def simulate(shape: Shape, load: Load, seed: int = 1) -> Outcome:
    """The same for the same arguments."""
    return Simulation(shape, load, seed).run()
