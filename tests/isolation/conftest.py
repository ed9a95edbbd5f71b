"""Grounds to attack: a database as a superuser deploys it, and one as an administrator on Azure does."""

import asyncio

import pytest

from tests.conftest import Database, MakeDatabase
from tests.isolation.attacks import QUIET
from tests.isolation.ground import as_on_azure, changed_parts, fingerprint, new_marker
from tests.isolation.through_the_server import ACTORS, Battle, ServerCampaign


@pytest.fixture(scope="session")
def marker() -> str:
    return new_marker()


@pytest.fixture(scope="session")
def locked_down(make_database: MakeDatabase) -> Database:
    return make_database()


@pytest.fixture(scope="session")
def on_azure(make_database: MakeDatabase) -> Database:
    database = make_database()
    as_on_azure(database)
    with database.as_superuser() as superuser:
        superuser.execute("ANALYZE")  # statistics are not copied with the rows
    return database


@pytest.fixture(scope="session")
def battle(on_azure: Database, marker: str) -> Battle:
    """Through the server, where nothing is revoked, so that the guard must hold alone."""
    before = fingerprint(on_azure)
    campaigns = {
        actor: asyncio.run(ServerCampaign(on_azure, actor, marker).run(on_azure.app_url, *QUIET)) for actor in ACTORS
    }
    return Battle(campaigns, changed_parts(before, fingerprint(on_azure)))
