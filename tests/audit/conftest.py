"""A small database with an audit trail of its own, empty before each test."""

import psycopg
import pytest

from tests.conftest import Database, MakeDatabase

EMPTY = """
TRUNCATE ops.audit;
UPDATE ops.audit_chain SET
    last_sequence = 0, last_hash = decode(repeat('00', 32), 'hex'),
    forgotten_sequence = 0, forgotten_hash = decode(repeat('00', 32), 'hex');
"""


@pytest.fixture(scope="package")
def audited(make_database: MakeDatabase) -> Database:
    return make_database()


@pytest.fixture
def empty(audited: Database) -> Database:
    """Of the whole folder: a copy for each test would take longer than the tests."""
    with psycopg.connect(audited.superuser_url, autocommit=True) as superuser:
        superuser.execute(EMPTY)
    return audited
