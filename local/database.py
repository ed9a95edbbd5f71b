"""The local database: made whole under another name, then renamed, so that a killed start leaves none or all of it."""

import base64
import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import batched
from typing import Any

import psycopg
from psycopg import sql

from local.parts import login_urls
from local.people import PEOPLE
from local.postgres import EmbeddedPostgres, PostgresFailed
from local.sample_data import COLUMNS, Row, SampleData
from local.state import DATABASE, VERIFICATION
from shared.database.schema import SQL_FOLDER, deploy_schema, install_signing_key
from shared.domain import Domain, domain_named
from shared.retail import RETAIL
from shared.settings import served_domain_in

UNFINISHED = "zava_unfinished"
ROWS_A_STEP = 5_000
STORES_ONLY = ("stores",)

type Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


def ensure_database(
    server: EmbeddedPostgres, *, signing_keys: list[dict[str, Any]], passwords: dict[str, str], full: bool, fresh: bool,
    progress: Progress,
) -> bool:  # fmt: skip
    """A database with the current schema; a new one gets the people, the stores and, if full, all sample rows.

    False where an earlier one stays that was made with another choice of full.
    Raises OSError (ENOSPC) when the disk fills meanwhile, PostgresFailed when the server ends.
    """
    try:
        as_wanted = _create_unless_there(server, full=full, fresh=fresh, progress=progress)
        _bring_up_to_date(server, signing_keys, passwords)
    except psycopg.OperationalError as error:
        # The server may say so, or end because of it.
        if isinstance(error, psycopg.errors.DiskFull) or server.out_of_space():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise PostgresFailed(f"PostgreSQL failed: {server.end_of_log()}") from error
    return as_wanted


def _create_unless_there(server: EmbeddedPostgres, *, full: bool, fresh: bool, progress: Progress) -> bool:
    domain = _domain()
    wanted = f"made with --data {'full' if full else 'none'}" + ("" if domain is RETAIL else f" of {domain.schema}")
    with _connect(server, "postgres") as connection:
        _drop(connection, UNFINISHED)
        if fresh:
            _drop(connection, DATABASE)
        if (note := _note(connection, DATABASE)) is None:
            unfinished = sql.Identifier(UNFINISHED)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(unfinished))
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(unfinished, sql.Literal(wanted)))
            _fill(server, full=full, progress=progress)
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(unfinished, sql.Identifier(DATABASE)))
    return note in (None, wanted)


def _note(connection: psycopg.Connection[Any], database: str) -> str | None:
    """What the database says of how it was made; None where there is none."""
    row = connection.execute(
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = %s", (database,)
    ).fetchone()
    return row[0] if row else None


def _bring_up_to_date(server: EmbeddedPostgres, signing_keys: list[dict[str, Any]], passwords: dict[str, str]) -> None:
    with _connect(server, DATABASE) as connection:
        deploy_schema(connection, domain=_domain())
        for key in signing_keys:
            install_signing_key(connection, key["version"], base64.b64decode(key["value"]))
        for role, password in passwords.items():
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
    _ensure_verification_database(server)


def _ensure_verification_database(server: EmbeddedPostgres) -> None:
    """Of this release. Its comment says of which it is, for a deploy takes a while, and most starts need none."""
    release = _digest_of_schema()
    with _connect(server, "postgres") as connection:
        if (note := _note(connection, VERIFICATION)) == release:
            return
        if note is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(VERIFICATION)))
        with _connect(server, VERIFICATION) as verification:
            deploy_schema(verification, domain=_domain(), for_verification=True)
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(VERIFICATION), sql.Literal(release))
        )


def _digest_of_schema() -> str:
    digest = hashlib.sha256()
    for path in [*sorted(SQL_FOLDER.rglob("*.sql")), *_domain().files("**/*.sql")]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def load_sample_data(connection: psycopg.Connection[Any], tables: Iterable[str] | None, progress: Progress) -> None:
    """The people and the rows of the named tables (None: of all), then fresh statistics.

    The connection is a superuser's: COPY into a table under row-level security is for nobody else.
    """
    data = SampleData()
    counts = {name: count for name, count in data.counts.items() if tables is None or name in tables}
    total, done = sum(counts.values()), 0
    with _foreign_keys_checked_at_the_end(connection):
        for table in counts:
            for rows in _copied(connection, table, data.rows(table)):
                done += rows
                progress(f"loading {table}", done, total)
            _continue_numbering(connection, table)
    add_people(connection)
    connection.execute("VACUUM (ANALYZE)")


def _copied(connection: psycopg.Connection[Any], table: str, rows: Iterator[Row]) -> Iterator[int]:
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier("retail", table), sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
    )
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        for block in batched(rows, ROWS_A_STEP, strict=False):
            for row in block:
                stream.write_row(row)
            yield len(block)


@contextmanager
def _foreign_keys_checked_at_the_end(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """All rows in one join instead of one look-up a row: half the time of the load."""
    keys = connection.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = 'retail'::regnamespace"
    ).fetchall()
    for table, name, _ in keys:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in keys:
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def add_people(connection: psycopg.Connection[Any]) -> None:
    """The principals and grants of the local people; nobody gets none."""
    for person in PEOPLE.values():
        if person.role is None:
            continue
        connection.execute(
            "INSERT INTO access.principals (tenant_id, object_id, display_name, role) VALUES (%s, %s, %s, %s)",
            (person.tenant_id, person.object_id, person.display_name, person.role),
        )
        if person.role != "super_admin":
            connection.execute(
                "INSERT INTO access.store_grants (principal_id, store_id)"
                " SELECT principal_id, unnest(%s::integer[]) FROM access.principals WHERE object_id = %s",
                (list(person.store_ids), person.object_id),
            )


def database_urls(server: EmbeddedPostgres, passwords: dict[str, str]) -> dict[str, str]:
    """What `dev.py env` prints. The owner cannot log in: its URL is the superuser's, acting as the owner."""
    superuser = server.superuser_url(DATABASE)
    return {
        **login_urls(server, passwords),
        "OWNER_DATABASE_URL": f"{superuser}&options=-c%20role%3Dzava_owner",
        "SUPERUSER_DATABASE_URL": superuser,
    }


def _fill(server: EmbeddedPostgres, *, full: bool, progress: Progress) -> None:
    with _connect(server, UNFINISHED) as connection:
        domain = _domain()
        deploy_schema(connection, domain=domain)
        load_sample_data(connection, None if full and domain is RETAIL else STORES_ONLY, progress)
        if full and domain.sample:
            import_module(domain.sample).load(connection)


def _domain() -> Domain:
    """What this shell's environment has the stack serve."""
    return domain_named(served_domain_in(os.environ))


def _connect(server: EmbeddedPostgres, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(server.superuser_url(database), autocommit=True)


def _drop(connection: psycopg.Connection[Any], database: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _continue_numbering(connection: psycopg.Connection[Any], table: str) -> None:
    """Rows that come later get numbers behind the sample's."""
    key = "order_item_id" if table == "order_items" else COLUMNS[table][0]
    sequence = f"retail.{table}_{key}_seq"
    if connection.execute("SELECT to_regclass(%s)", (sequence,)).fetchone() != (None,):
        connection.execute(
            sql.SQL("SELECT setval(%s, max({})) FROM {}").format(sql.Identifier(key), sql.Identifier("retail", table)),
            (sequence,),
        )
