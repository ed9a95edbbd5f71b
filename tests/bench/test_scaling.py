"""The simulation agrees with queueing theory where that has an answer, and with the limits it is given."""

import pytest

from bench.scaling.figures import DEV, PROD, WITHOUT
from bench.scaling.simulation import Load, Shape, simulate

ALONE = Shape("one processor", instances=1, pool=16, limit=16, processors=1)


def test_one_processor_waits_as_long_as_theory_says() -> None:
    """M/M/1: half busy, a call takes twice its own time on average; here 20 ms of 10."""
    outcome = simulate(ALONE, Load(rate=50, database_ms=10, instance_ms=0.001, seconds=2000))
    assert sum(outcome.times) / len(outcome.times) == pytest.approx(0.020, rel=0.05)
    assert outcome.utilisation == pytest.approx(0.5, rel=0.05)


def test_the_same_seed_gives_the_same_and_another_seed_another() -> None:
    one, same, other = (simulate(DEV, Load(100, 10, seconds=30), seed) for seed in (1, 1, 2))
    assert one == same
    assert one.times != other.times


@pytest.mark.parametrize("shape", [DEV, PROD, WITHOUT])
def test_every_call_is_answered_or_refused(shape: Shape) -> None:
    load = Load(1.2 * shape.processors * 100, 10, seconds=20)
    outcome = simulate(shape, load)
    assert outcome.answered + outcome.refused == pytest.approx(load.rate * load.seconds, rel=0.1)
    assert outcome.connections <= (shape.pooler or shape.limit)
    assert outcome.instances <= shape.instances


def test_more_instances_than_connections_are_refused_unless_a_pooler_shares_them() -> None:
    load = Load(rate=480, database_ms=10)
    assert simulate(WITHOUT, load).refused > 0
    assert simulate(PROD, load).refused == 0


def test_beyond_its_processors_a_database_answers_no_more() -> None:
    outcome = simulate(PROD, Load(rate=800, database_ms=10, seconds=30))
    assert outcome.throughput == pytest.approx(400, rel=0.05)
