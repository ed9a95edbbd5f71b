"""`python -m shared migrate` on an empty database, by an administrator who is no superuser, for Azure has no other."""

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from local.postgres import EmbeddedPostgres, throwaway_postgres
from tests.conftest import REPOSITORY

ADMINISTRATOR = """
CREATE ROLE administrator LOGIN CREATEROLE CREATEDB PASSWORD 'secret of the administrator';
GRANT SET ON PARAMETER temp_file_limit, track_activities TO administrator;
CREATE DATABASE zava OWNER administrator;
"""
EXTENSIONS = """
CREATE SCHEMA extensions AUTHORIZATION administrator;
CREATE EXTENSION vector SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
"""
"""Azure lets its administrator create those that azure.extensions names; PostgreSQL itself only superusers."""


@pytest.fixture(scope="module")
def empty() -> Iterator[EmbeddedPostgres]:
    with throwaway_postgres() as server:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            for statement in ADMINISTRATOR.strip().splitlines():
                connection.execute(statement)
        with psycopg.connect(server.superuser_url("zava"), autocommit=True) as connection:
            connection.execute(EXTENSIONS)
        yield server


def migrate(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared", "migrate"]
    return subprocess.run(command, cwd=REPOSITORY, env={"ADMIN_DATABASE_URL": url}, capture_output=True, text=True)


def test_an_administrator_who_is_no_superuser_migrates_and_does_so_again(empty: EmbeddedPostgres) -> None:
    url = empty.url("administrator", "secret of the administrator", "zava")
    migrations = len(list((REPOSITORY / "sql/migrations").glob("*.sql")))
    for applied in (migrations, 0):
        done = migrate(url)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{applied} migrations applied" in done.stdout
    with psycopg.connect(empty.superuser_url("zava")) as connection:
        owners = connection.execute(
            "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'retail'::regnamespace"
        ).fetchall()
    assert owners == [("zava_owner",)]


def test_a_failure_names_the_file_and_no_password(empty: EmbeddedPostgres) -> None:
    with psycopg.connect(empty.superuser_url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE nobody_special LOGIN PASSWORD 'secret of nobody'")
    done = migrate(empty.url("nobody_special", "secret of nobody", "postgres"))
    assert done.returncode == 2
    assert "roles.sql" in done.stderr
    assert "secret" not in done.stderr + done.stdout


def test_without_a_url_it_says_which_variable_it_wants() -> None:
    done = migrate("")
    assert (done.returncode, done.stderr) == (2, "migrate: settings: ADMIN_DATABASE_URL is missing\n")
