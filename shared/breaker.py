"""A circuit breaker for what calls can do without: failures in a row open it, then one call tries again."""

from interlock import CircuitBreaker, Config, CoreEventListener
from interlock.protocols import FailureClassifier

from shared.last_good import Clock


def open_after(
    failures: int,
    *,
    name: str,
    open_seconds: float,
    clock: Clock,
    classifier: FailureClassifier | None = None,
    listener: CoreEventListener | None = None,
) -> CircuitBreaker:
    """failures: in a row. open_seconds: how long nobody is asked. classifier: which errors count; all without one."""
    config = Config(
        window_size=failures,
        minimum_number_of_calls=failures,
        failure_rate_threshold=1.0,
        wait_duration_in_open=open_seconds,
        permitted_calls_in_half_open=1,
    )
    return CircuitBreaker(name=name, config=config, clock=_Time(clock), classifier=classifier, listener=listener)


class _Time:
    """The breaker's word for a clock."""

    def __init__(self, clock: Clock) -> None:
        self.monotonic = clock
