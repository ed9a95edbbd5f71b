"""What goes wrong, one thing at a time, each with its mending."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from bench.soak.ground import Ground

REPEATS = "repeats"
"""In place of a component: calls that say how often they were tried."""
SKEW_SECONDS = 20
"""What clocks of different machines may differ by, and more than they do."""


@dataclass(frozen=True)
class Fault:
    """name: as the figures have it. seconds: how long it lasts. shows: what telemetry says of it, one at least.
    database_down: whether calls may fail meanwhile.
    """

    name: str
    seconds: float
    happen: Callable[[Ground, float], None]
    shows: frozenset[str]
    database_down: bool = False


def _restart_database(ground: Ground, seconds: float) -> None:
    ground.server.stop()
    time.sleep(seconds)
    ground.server.start()


def _kill_connections(ground: Ground, seconds: float) -> None:
    until = time.monotonic() + seconds
    with psycopg.connect(ground.server.superuser_url(), autocommit=True) as connection:
        while time.monotonic() < until:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename IN ('zava_app', 'zava_jobs') AND random() < 0.5"
            )
            time.sleep(0.5)


def _vault_down(ground: Ground, seconds: float) -> None:
    with _set(ground.vault, "down", True):
        time.sleep(seconds)


def _vault_hangs(ground: Ground, seconds: float) -> None:
    with _set(ground.vault, "hanging", True):
        time.sleep(seconds)


def _embedder_down(ground: Ground, seconds: float) -> None:
    ground.stop_embedder()
    time.sleep(seconds)
    ground.start_embedder()


def _redis_down(ground: Ground, seconds: float) -> None:
    ground.redis.stop()
    time.sleep(seconds)
    ground.redis.start()


def _redis_hangs(ground: Ground, seconds: float) -> None:
    ground.redis.freeze()
    time.sleep(seconds)
    ground.redis.go_on()


def _clock_skew(ground: Ground, seconds: float) -> None:
    try:
        for skew in (SKEW_SECONDS, -SKEW_SECONDS):
            ground.clock.put(skew)
            time.sleep(seconds / 2)
    finally:
        ground.clock.put(0)


FAULTS = (
    Fault("database restart", 1.0, _restart_database, frozenset({"database", REPEATS}), database_down=True),
    Fault("connection kills", 5.0, _kill_connections, frozenset({"database", REPEATS})),
    Fault("vault down", 40.0, _vault_down, frozenset({"vault"})),
    Fault("vault hangs", 75.0, _vault_hangs, frozenset({"vault"})),
    Fault("embedder down", 12.0, _embedder_down, frozenset({"embedder"})),
    Fault("redis down", 15.0, _redis_down, frozenset({"redis"})),
    Fault("redis hangs", 15.0, _redis_hangs, frozenset({"redis"})),
    Fault("clock skew", 20.0, _clock_skew, frozenset({"clock"})),
)


def schedule(seed: int) -> Iterator[Fault]:
    """Without end: each once, in an order at random, then each once again."""
    chooser = random.Random(seed)  # noqa: S311  # to be had again
    while True:
        yield from chooser.sample(FAULTS, len(FAULTS))


@contextmanager
def _set(holder: object, name: str, value: bool) -> Iterator[None]:
    setattr(holder, name, value)
    try:
        yield
    finally:
        setattr(holder, name, False)
