"""One database of its own for what is broken here: each test puts back what it changed."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from local.postgres import EmbeddedPostgres
from tests.conftest import Database, MakeDatabase


@pytest.fixture(scope="module")
def breakable(make_database: MakeDatabase, server: EmbeddedPostgres) -> Iterator[Database]:
    copy = make_database()
    yield copy
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy.name)))
