"""Brings a database to the schema that sql/ describes, in one transaction: all of it or nothing.

Order: roles, database and lockdown (as the administrator), then as zava_owner migrations (each once), functions,
policies, statistics, privileges (each at every deploy), and of each what the served domain has in a folder of its own.
Policies and privileges are first emptied, so what a file no longer says is gone. A database for verification is one
more thing: open to the login that overwrites it. At the end the callers' login has the settings of sql/roles.sql, or
nothing was done.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shared.database.role_settings import ROLE, settings_not_in_force
from shared.domain import Domain
from shared.errors import MigrationRefused
from shared.retail import RETAIL

SQL_FOLDER = Path(__file__).resolve().parents[2] / "sql"

DEPLOY_LOCK = 0x7A617661
"""Advisory lock of a deploy; the roles it alters have no rows that could be locked."""

INSTALL_SIGNING_KEY = "SELECT access.install_signing_key(%s, %s, %s)"
"""Of kid, inner and outer pad."""

_LEDGER = """
CREATE SCHEMA IF NOT EXISTS ops AUTHORIZATION zava_owner;
SET ROLE zava_owner;
CREATE TABLE IF NOT EXISTS ops.migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


_IS_FOR_VERIFICATION = """
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_roles
    WHERE rolname = 'zava_verify' AND has_database_privilege(oid, current_database(), 'CONNECT')
) AND to_regclass('ops.migrations') IS NOT NULL
"""
_HAS_ROWS = """
SELECT EXISTS (
    SELECT FROM ops.row_changes WHERE table_name !~ '^(access|ops)[.]' GROUP BY table_name HAVING sum(rows) > 0
)
    OR EXISTS (SELECT FROM access.principals)
"""


def deploy_schema(
    connection: psycopg.Connection[Any],
    folder: Path = SQL_FOLDER,
    *,
    domain: Domain = RETAIL,
    for_verification: bool = False,
) -> list[str]:
    """Names of the migrations applied now. The connection is an administrator's: it may create roles and extensions.

    Idempotent, and safe to run from two places at once: the second waits for the first. for_verification: backups may
    be restored into it; raises MigrationRefused for a database with rows that was not so before.
    """
    with connection.transaction():
        # Longer than a caller's call may hold any lock.
        connection.execute("SET LOCAL lock_timeout = '60s'")
        # Who creates zava_owner may then act as it: a superuser may anyway, the administrator of a managed server not.
        connection.execute("SET LOCAL createrole_self_grant = 'set'")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (DEPLOY_LOCK,))
        may_have_rows = not for_verification or _is_for_verification(connection)
        # Functions call each other and their files are run in order of name.
        connection.execute("SET LOCAL check_function_bodies = off")
        for name in ("roles.sql", "database.sql", "lockdown.sql"):
            _run_file(connection, folder / name)
        _run_script(connection, _LEDGER)
        applied = list(_apply_migrations(connection, _migrations(folder, domain)))
        for path in _in_order(folder, domain, "functions/*.sql"):
            _run_file(connection, path)
        _drop_policies(connection, domain)
        for pattern in ("policies/*.sql", "statistics.sql", "privileges.sql"):
            for path in _in_order(folder, domain, pattern):
                _run_file(connection, path)
        if not may_have_rows and connection.execute(_HAS_ROWS).fetchone() == (True,):
            raise MigrationRefused("the database has rows, so it is none for verification, which would delete them")
        connection.execute("RESET ROLE")
        if for_verification:
            _run_file(connection, folder / "verification.sql")
        if problems := settings_not_in_force(connection):
            raise MigrationRefused(
                f"in sessions of {ROLE} {'; '.join(problems)}. Set the server's parameter, GRANT SET ON PARAMETER to "
                "this login, or take away what stands in between; nothing was changed"
            )
    return applied


def pending_migrations(
    connection: psycopg.Connection[Any], folder: Path = SQL_FOLDER, *, domain: Domain = RETAIL
) -> list[str]:
    """Names of the migrations that deploy_schema would apply; changes nothing. Raises MigrationRefused as it would."""
    with connection.transaction(force_rollback=True):
        known: dict[str, str] = {}
        if connection.execute("SELECT FROM pg_catalog.pg_roles WHERE rolname = 'zava_owner'").fetchall():
            connection.execute("SET LOCAL ROLE zava_owner")
            if connection.execute("SELECT to_regclass('ops.migrations')").fetchone() != (None,):
                known = _applied(connection)
        return list(_pending(known, _migrations(folder, domain)))


def install_signing_key(connection: psycopg.Connection[Any], kid: str, key: bytes) -> None:
    """Let contexts signed with this key pass, until rotate_keys retires it.

    key: 32 bytes or more of HMAC key. kid: the secret's version.
    """
    connection.execute(INSTALL_SIGNING_KEY, (kid, *hmac_pads(key)))


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """Inner and outer 64-byte pads of HMAC-SHA256 (RFC 2104), which SQL without xor cannot make itself."""
    block = hashlib.sha256(key).digest() if len(key) > 64 else key
    block = block.ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def _is_for_verification(connection: psycopg.Connection[Any]) -> bool:
    """Also a new database is open to every login, but has no schema yet."""
    return connection.execute(_IS_FOR_VERIFICATION).fetchone() == (True,)


def _in_order(folder: Path, domain: Domain, pattern: str) -> list[Path]:
    """The engine's files, then those of a domain that has some of its own."""
    return [*sorted(folder.glob(pattern)), *domain.files(pattern)]


def _migrations(folder: Path, domain: Domain) -> dict[str, Path]:
    """By the name that the database notes: a domain's of its own come behind the engine's, under its schema's name."""
    engine = {path.name: path for path in sorted((folder / "migrations").glob("*.sql"))}
    return engine | {f"{domain.schema}/{path.name}": path for path in domain.files("migrations/*.sql")}


def _apply_migrations(connection: psycopg.Connection[Any], files: dict[str, Path]) -> Iterator[str]:
    for name, path in _pending(_applied(connection), files).items():
        _run_file(connection, path)
        connection.execute("INSERT INTO ops.migrations (name, checksum) VALUES (%s, %s)", (name, _checksum(path)))
        yield name


def _applied(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Checksums by name."""
    return dict(connection.execute("SELECT name, checksum FROM ops.migrations").fetchall())


def _pending(known: Mapping[str, str], files: Mapping[str, Path]) -> dict[str, Path]:
    """Those that are not applied yet, all of them looked at before the first runs."""
    pending = {}
    for name, checksum in known.items():
        if name not in files:
            raise MigrationRefused(f"migration {name} was applied to this database but its file is gone")
        if _checksum(files[name]) != checksum:
            raise MigrationRefused(
                f"migration {name} was edited after it was applied; put it back and write the change as a new one"
            )
    for name, path in files.items():
        if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", path.name):
            raise MigrationRefused(f"migration {name} is not named NNNN_words.sql")
        if name in known:
            continue
        if (newest := _newest_beside(name, known)) > name:
            raise MigrationRefused(f"migration {name} sorts before {newest}, which is already applied")
        pending[name] = path
    return pending


def _newest_beside(name: str, known: Iterable[str]) -> str:
    """The last of those applied that are of the same folder; empty for none."""
    folder = name.rpartition("/")[0]
    return max((other for other in known if other.rpartition("/")[0] == folder), default="")


def _drop_policies(connection: psycopg.Connection[Any], domain: Domain) -> None:
    policies = connection.execute(
        "SELECT policyname, schemaname, tablename FROM pg_catalog.pg_policies WHERE schemaname = ANY (%s)",
        (domain.schemas,),
    ).fetchall()
    for policy, schema, table in policies:
        connection.execute(
            sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(policy), sql.Identifier(schema, table))
        )


def _checksum(path: Path) -> str:
    # Line ends aside: a checkout on Windows must not count as an edit.
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _run_file(connection: psycopg.Connection[Any], path: Path) -> None:
    try:
        _run_script(connection, path.read_text(encoding="utf-8"))
    except psycopg.Error as error:
        error.add_note(f"while running {path}")
        raise


def _run_script(connection: psycopg.Connection[Any], script: str) -> None:
    # Files of this repository, never a caller's text: the one place where many statements go at once.
    connection.execute(script)
