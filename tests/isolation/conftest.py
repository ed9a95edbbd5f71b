"""Grounds to attack: a database as a superuser deploys it, and one as an administrator on Azure does."""

import pytest

from tests.conftest import Database, MakeDatabase
from tests.isolation.ground import as_on_azure, new_marker


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
