"""The corpus through the MCP tool: nothing gets through, no side channel either, and bombs hurt nobody else."""

import pytest

from tests.isolation.attack import ROWS
from tests.isolation.attacks import QUIET
from tests.isolation.through_the_server import ACTORS, BUSY, Battle


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("family", QUIET)
def test_no_attack_shows_a_foreign_row_or_secret(battle: Battle, family: str, actor: str) -> None:
    assert not [success for success in battle.successes(actor, family) if success.channel == ROWS]


def test_nothing_is_different_afterwards(battle: Battle) -> None:
    assert not battle.changed


@pytest.mark.parametrize("actor", ACTORS)
def test_a_neighbour_on_the_same_connection_sees_its_own_and_default_settings(battle: Battle, actor: str) -> None:
    assert not battle.campaigns[actor].disturbed


@pytest.mark.parametrize("actor", ACTORS)
def test_every_attack_was_answered_and_none_put_off(battle: Battle, actor: str) -> None:
    """The tests above would hold for a server that is down."""
    campaign = battle.campaigns[actor]
    put_off = [name for name, outcome in campaign.outcomes.items() if any(code in outcome.said for code in BUSY)]
    assert not put_off
    assert len([outcome for outcome in campaign.outcomes.values() if outcome.ran]) >= 50
