"""Beside rows: existence, counts, statistics, definitions, neighbours. The guard refuses what the database cannot."""

import pytest

from tests.conftest import Database
from tests.isolation.attacks import QUIET
from tests.isolation.through_the_server import ServerCampaign

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("actor", ["kirkland", "nobody"])
@pytest.mark.parametrize("family", QUIET)
async def test_no_attack_pays_in_any_way(on_azure: Database, marker: str, family: str, actor: str) -> None:
    """Where nothing is revoked, so that the guard must hold alone."""
    campaign = await ServerCampaign(on_azure, actor, marker).run(on_azure.app_url, family)
    assert {found.attack: found.channel for found in campaign.successes.values()} == {}
    assert not campaign.ended


async def test_what_only_this_build_of_postgresql_lacks_is_refused_by_the_guard(
    on_azure: Database, marker: str
) -> None:
    """The wheel has no libxml: without the guard, Azure would run SQL inside SQL."""
    campaign = await ServerCampaign(on_azure, "kirkland", marker).run(on_azure.app_url, "executors")
    assert not [name for name, outcome in campaign.outcomes.items() if "unsupported XML" in outcome.said]
