"""Logins are tied to identities where they are not yet, on a real server; the label's provider is Azure's alone."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from infra.hooks.database import is_reachable, prepare_database
from infra.hooks.database_logins import IDENTITIES, label_logins, wanted_labels
from infra.hooks.deployment import HookRefused
from local.asgi_server import loopback_socket
from tests.conftest import Database
from tests.hooks.conftest import BACKUP, DEPLOYMENT, SERVER

LABELLED = """
INSERT INTO pg_catalog.pg_shseclabel (objoid, classoid, provider, label)
SELECT oid, 'pg_catalog.pg_authid'::regclass, 'pgaadauth', %s FROM pg_catalog.pg_roles WHERE rolname = %s
"""
"""As Azure's provider would have: PostgreSQL itself takes no label of a provider that it has not loaded."""


@pytest.fixture
def superuser(sample: Database) -> Iterator[psycopg.Connection[Any]]:
    """Whose labels end with the test."""
    with psycopg.connect(sample.superuser_url, options="-c allow_system_table_mods=on") as connection:
        yield connection
        connection.rollback()


def label(connection: psycopg.Connection[Any], labels: dict[str, str]) -> None:
    for role, text in labels.items():
        connection.execute(LABELLED, (text, role))


def test_each_login_is_for_the_identity_of_its_job() -> None:
    assert wanted_labels(DEPLOYMENT)["zava_backup"] == f"aadauth,oid={BACKUP},type=service"
    assert wanted_labels(DEPLOYMENT)["zava_app"] == f"aadauth,oid={SERVER},type=service"


def test_what_is_no_object_id_reaches_no_statement() -> None:
    with pytest.raises(HookRefused, match="SERVER_OBJECT_ID is no object id"):
        wanted_labels(replace(DEPLOYMENT, server_object_id="x',admin"))


def test_logins_that_are_tied_already_are_left_alone(superuser: psycopg.Connection[Any]) -> None:
    label(superuser, wanted_labels(DEPLOYMENT))
    assert label_logins(superuser, DEPLOYMENT) == ["nothing to do"]


def test_a_dry_run_names_each_login_that_another_identity_or_none_has(superuser: psycopg.Connection[Any]) -> None:
    stale = "aadauth,oid=99999999-2222-4333-8444-555555555555,type=service"
    label(superuser, {**wanted_labels(DEPLOYMENT), "zava_backup": stale})
    assert label_logins(superuser, DEPLOYMENT, dry_run=True) == [f"zava_backup is tied to {BACKUP}"]
    superuser.rollback()
    assert len(label_logins(superuser, DEPLOYMENT, dry_run=True)) == len(IDENTITIES)


def test_the_statement_is_one_that_the_server_understands(superuser: psycopg.Connection[Any]) -> None:
    """It asks for the provider, and for nothing before that."""
    with pytest.raises(psycopg.errors.InvalidParameterValue, match='security label provider "pgaadauth" is not loaded'):
        label_logins(superuser, DEPLOYMENT)


def test_an_empty_server_is_told_to_migrate_first(superuser: psycopg.Connection[Any]) -> None:
    superuser.execute("ALTER ROLE zava_keys RENAME TO zava_locks")
    with pytest.raises(HookRefused, match="no role zava_keys: migrate first"):
        label_logins(superuser, DEPLOYMENT)


def test_out_of_the_network_it_says_what_to_run_where() -> None:
    listener = loopback_socket(0)
    taken: tuple[str, int] = listener.getsockname()
    try:
        listener.listen()
        assert is_reachable(*taken)
    finally:
        listener.close()
    assert not is_reachable(*taken)
    deployment = replace(
        DEPLOYMENT,
        database_host="database.invalid",
        database_name="zava",
        verification_database_name="zava_verification",
        migrations_client_id="m",
        migrations_login="m",
    )
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(deployment.database_host, 5432)
    [sentence] = prepare_database(deployment)
    assert sentence.startswith("LEFT TO DO")
    assert "python -m infra.hooks database" in sentence
