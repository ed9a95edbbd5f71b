"""One database whose list of revoked tokens these tests write; each begins with an empty one."""

import pytest

from tests.conftest import Database, MakeDatabase


@pytest.fixture(scope="session")
def kept(make_database: MakeDatabase) -> Database:
    return make_database()
