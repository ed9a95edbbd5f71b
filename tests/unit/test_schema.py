"""The deployment of sql/: once, again, edited, broken, from two places."""

import shutil
import threading
from pathlib import Path

import psycopg
import pytest

from local.postgres import EmbeddedPostgres
from shared.database.schema import SQL_FOLDER, deploy_schema
from shared.errors import MigrationRefused
from tests.conftest import Database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SQL_FOLDER, tmp_path / "sql")
    return tmp_path / "sql"


@pytest.fixture
def empty_database(server: EmbeddedPostgres, tmp_path: Path) -> str:
    name = f"empty_{tmp_path.name.replace('-', '_')}"
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.superuser_url(name)


def applied(connection: psycopg.Connection[tuple[str]]) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM ops.migrations ORDER BY name").fetchall()]


def test_an_empty_database_gets_everything_and_again_nothing(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        first = deploy_schema(connection)
        assert first == sorted(path.name for path in (SQL_FOLDER / "migrations").glob("*.sql"))
        assert deploy_schema(connection) == []
        assert applied(connection) == first


def test_an_edited_migration_is_refused_and_nothing_changes(database: Database, folder: Path) -> None:
    with (folder / "migrations" / "0002_retail.sql").open("a") as migration:
        migration.write("-- a harmless word\n")
    (folder / "migrations" / "0003_more.sql").write_text("CREATE TABLE retail.more (i integer);")
    with database.as_superuser() as connection:
        with pytest.raises(MigrationRefused, match="0002_retail.sql was edited"):
            deploy_schema(connection, folder)
        assert connection.execute("SELECT to_regclass('retail.more')").fetchone() == (None,)


def test_a_missing_migration_is_refused(database: Database, folder: Path) -> None:
    (folder / "migrations" / "0002_retail.sql").unlink()
    with database.as_superuser() as connection, pytest.raises(MigrationRefused, match="its file is gone"):
        deploy_schema(connection, folder)


def test_a_migration_that_comes_too_late_is_refused(database: Database, folder: Path) -> None:
    (folder / "migrations" / "0001_another.sql").write_text("SELECT 1;")
    with database.as_superuser() as connection, pytest.raises(MigrationRefused, match="sorts before"):
        deploy_schema(connection, folder)


def test_a_badly_named_migration_is_refused(database: Database, folder: Path) -> None:
    (folder / "migrations" / "3_more.sql").write_text("SELECT 1;")
    with database.as_superuser() as connection, pytest.raises(MigrationRefused, match="not named"):
        deploy_schema(connection, folder)


def test_other_line_ends_are_no_edit(database: Database, folder: Path) -> None:
    for path in (folder / "migrations").glob("*.sql"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    with database.as_superuser() as connection:
        assert deploy_schema(connection, folder) == []


def test_a_new_migration_is_applied_once_and_belongs_to_the_owner(database: Database, folder: Path) -> None:
    (folder / "migrations" / "0900_more.sql").write_text("CREATE TABLE retail.more (i integer);")
    with database.as_superuser() as connection:
        assert deploy_schema(connection, folder) == ["0900_more.sql"]
        assert deploy_schema(connection, folder) == []
        [(owner,)] = connection.execute(
            "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'retail.more'::regclass"
        ).fetchall()
    assert owner == "zava_owner"


def test_a_deploy_that_fails_late_changes_nothing_and_names_the_file(database: Database, folder: Path) -> None:
    (folder / "migrations" / "0900_more.sql").write_text("CREATE TABLE retail.more (i integer);")
    with (folder / "privileges.sql").open("a") as privileges:
        privileges.write("GRANT SELECT ON retail.nothing TO zava_app;\n")
    with database.as_superuser() as connection:
        with pytest.raises(psycopg.errors.UndefinedTable) as error:
            deploy_schema(connection, folder)
        assert "privileges.sql" in str(error.value.__notes__)
        assert connection.execute("SELECT to_regclass('retail.more')").fetchone() == (None,)
        assert connection.execute("SELECT current_user").fetchone() == ("postgres",)


def test_what_was_changed_by_hand_is_put_back(database: Database) -> None:
    with database.as_superuser() as connection:
        connection.execute("CREATE POLICY open ON retail.orders TO zava_app USING (true)")
        connection.execute("GRANT ALL ON retail.orders TO zava_app")
        connection.execute("ALTER ROLE zava_app SET statement_timeout = 0")
        connection.execute(f'ALTER ROLE zava_app IN DATABASE "{database.name}" SET search_path = public')
        connection.execute("ALTER ROLE zava_app BYPASSRLS")
        connection.execute("GRANT zava_backup, pg_read_all_data TO zava_app")
        connection.execute("ALTER TABLE retail.orders NO FORCE ROW LEVEL SECURITY")
        deploy_schema(connection)
        policies = connection.execute(
            "SELECT policyname FROM pg_policies WHERE tablename = 'orders' ORDER BY 1"
        ).fetchall()
        assert policies == [("all_owner",), ("select_backup",), ("select_callers",)]
        assert connection.execute("SELECT has_table_privilege('zava_app', 'retail.orders', 'DELETE')").fetchone() == (
            False,
        )
        [(forced,)] = connection.execute(
            "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'retail.orders'::regclass"
        ).fetchall()
        assert forced
    with database.as_app() as app:
        assert app.execute("SHOW statement_timeout").fetchone() == ("20s",)
        assert app.execute("SHOW search_path").fetchone() == ("retail, extensions",)
        assert app.execute(
            "SELECT rolbypassrls, pg_has_role('zava_backup', 'member'), pg_has_role('pg_read_all_data', 'member')"
            " FROM pg_roles WHERE rolname = 'zava_app'"
        ).fetchone() == (False, False, False)


def test_two_deploys_at_once_apply_each_migration_once(empty_database: str) -> None:
    done: list[list[str]] = []

    def deploy() -> None:
        with psycopg.connect(empty_database, autocommit=True) as connection:
            done.append(deploy_schema(connection))

    threads = [threading.Thread(target=deploy) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, done)) == [0, 0, len(list((SQL_FOLDER / "migrations").glob("*.sql")))]
