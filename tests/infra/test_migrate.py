"""`python -m shared migrate` on an empty database, by an administrator who is no superuser, for Azure has no other."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from local.postgres import EmbeddedPostgres, throwaway_postgres
from shared.database.schema import install_signing_key
from tests.attestation.sabotage import attested
from tests.conftest import KEY, PASSWORDS, REPOSITORY, Database
from tests.processes import eventually, nothing_but

ADMINISTRATOR = """
CREATE ROLE administrator LOGIN CREATEROLE CREATEDB PASSWORD 'secret of the administrator';
CREATE DATABASE zava OWNER administrator;
"""
EXTENSIONS = """
CREATE SCHEMA extensions AUTHORIZATION administrator;
CREATE EXTENSION vector SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
"""
"""Azure lets its administrator create those that azure.extensions names; PostgreSQL itself only superusers."""


SERVER_PARAMETERS = {"temp_file_limit": "524288", "track_activities": "off"}
"""As infra/bicep/modules/postgres.bicep has them, in the units of Azure."""


@pytest.fixture(scope="module")
def empty() -> Iterator[EmbeddedPostgres]:
    with throwaway_postgres() as server:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            for statement in ADMINISTRATOR.strip().splitlines():
                connection.execute(statement)
        with psycopg.connect(server.superuser_url("zava"), autocommit=True) as connection:
            connection.execute(EXTENSIONS)
        yield server


@contextmanager
def parameters(server: EmbeddedPostgres, values: dict[str, str]) -> Iterator[None]:
    """The server's own, as a platform sets them; behind it those of PostgreSQL."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        try:
            for name, value in values.items():
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            connection.execute("SELECT pg_reload_conf()")
            eventually(lambda: all(_has(server, name, value) for name, value in values.items()), "the new parameters")
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET ALL")
            connection.execute("SELECT pg_reload_conf()")
            eventually(lambda: not any(_has(server, name, value) for name, value in values.items()), "the old ones")


def _has(server: EmbeddedPostgres, name: str, value: str) -> bool:
    with psycopg.connect(server.superuser_url()) as connection:
        row = connection.execute("SELECT setting FROM pg_settings WHERE name = %s", (name,)).fetchone()
    return row == (value,)


def migrate(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared", "migrate"]
    environ = nothing_but({"ADMIN_DATABASE_URL": url})
    return subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True)


def roles(server: EmbeddedPostgres) -> set[str]:
    with psycopg.connect(server.superuser_url()) as connection:
        return {name for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^zava_'")}


def test_without_the_server_parameters_nothing_is_changed_and_each_is_named(empty: EmbeddedPostgres) -> None:
    done = migrate(empty.url("administrator", "secret of the administrator", "zava"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "temp_file_limit would be -1 instead of 512MB" in done.stderr
    assert "track_activities would be on instead of off" in done.stderr
    assert roles(empty) == set()


@pytest.mark.anyio
async def test_an_administrator_who_is_no_superuser_migrates_and_does_so_again(empty: EmbeddedPostgres) -> None:
    url = empty.url("administrator", "secret of the administrator", "zava")
    migrations = len(list((REPOSITORY / "sql/migrations").glob("*.sql")))
    with parameters(empty, SERVER_PARAMETERS):
        for applied in (migrations, 0):
            done = migrate(url)
            assert (done.returncode, done.stderr) == (0, "")
            assert f"{applied} migrations applied" in done.stdout
        database = Database(empty, "zava")
        with psycopg.connect(url, autocommit=True) as connection:
            owners = connection.execute(
                "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'retail'::regnamespace"
            ).fetchall()
            for role, password in PASSWORDS.items():
                name = sql.Identifier(role)
                connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
            connection.execute("SET ROLE zava_owner")
            install_signing_key(connection, KEY.version, KEY.key())
        assert owners == [("zava_owner",)]
        assert (await attested(database)).findings == ()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER DATABASE zava SET track_activities = on", "track_activities would be on instead of off"),
        ("ALTER ROLE ALL SET temp_file_limit = '1GB'", "temp_file_limit would be 1GB instead of 512MB"),
        ("ALTER ROLE administrator SET track_activities = off", "track_activities cannot be told"),
    ],
)
def test_what_stands_between_a_server_parameter_and_the_login_is_found(
    empty: EmbeddedPostgres, statement: str, told: str
) -> None:
    with (
        parameters(empty, SERVER_PARAMETERS),
        psycopg.connect(empty.superuser_url("zava"), autocommit=True) as connection,
    ):
        connection.execute(statement.encode())
        try:
            done = migrate(empty.url("administrator", "secret of the administrator", "zava"))
        finally:
            connection.execute(statement.replace(" SET ", " RESET ").partition(" =")[0].encode())
    assert done.returncode == 1
    assert told in done.stderr


def test_an_administrator_who_may_set_them_needs_no_server_parameters(empty: EmbeddedPostgres) -> None:
    with psycopg.connect(empty.superuser_url("zava"), autocommit=True) as connection:
        connection.execute("GRANT SET ON PARAMETER temp_file_limit, track_activities TO administrator")
        try:
            done = migrate(empty.url("administrator", "secret of the administrator", "zava"))
        finally:
            connection.execute("REVOKE SET ON PARAMETER temp_file_limit, track_activities FROM administrator")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_failure_names_the_file_and_no_password(empty: EmbeddedPostgres) -> None:
    with psycopg.connect(empty.superuser_url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE nobody_special LOGIN PASSWORD 'secret of nobody'")
    done = migrate(empty.url("nobody_special", "secret of nobody", "postgres"))
    assert done.returncode == 3
    assert "roles.sql" in done.stderr
    assert "secret" not in done.stderr + done.stdout


def test_without_a_url_it_says_which_variable_it_wants() -> None:
    done = migrate("")
    assert (done.returncode, done.stderr) == (2, "migrate: settings: ADMIN_DATABASE_URL is missing\n")
