"""Beside rows: existence, counts, statistics, definitions, neighbours. The guard refuses what the database cannot."""

import pytest

from tests.isolation.attacks import QUIET
from tests.isolation.through_the_server import ACTORS, Battle


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("family", QUIET)
def test_no_attack_pays_in_any_way(battle: Battle, family: str, actor: str) -> None:
    assert {found.attack: found.channel for found in battle.successes(actor, family)} == {}
    assert family not in battle.campaigns[actor].ended


def test_what_only_this_build_of_postgresql_lacks_is_refused_by_the_guard(battle: Battle) -> None:
    """The wheel has no libxml: without the guard, Azure would run SQL inside SQL."""
    outcomes = battle.campaigns["kirkland"].outcomes
    assert not [name for name, outcome in outcomes.items() if "unsupported XML" in outcome.said]
