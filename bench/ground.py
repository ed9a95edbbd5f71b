"""A throwaway PostgreSQL with the sample data, and the connections that are compared on it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from local.database import load_sample_data
from local.people import PEOPLE
from local.postgres import throwaway_postgres
from local.progress import RowsBar
from shared.rls_context import principal_id_of, sign_context
from shared.schema import deploy_schema, install_signing_key

DATABASE = "bench"
KID = "bench"


@dataclass(frozen=True)
class Ground:
    """What is measured on. app_url: of the callers' login."""

    app_url: str
    owner_url: str
    key: bytes

    def context(self, name: str, *, plain: bool) -> str:
        """A signed context of one of the sample callers, for an hour. plain: see sign_context."""
        person = PEOPLE[name]
        principal_id = principal_id_of(person.tenant_id, person.object_id)
        return sign_context(self.key, KID, principal_id, seconds=3600, plain=plain)


@contextmanager
def prepared_ground() -> Iterator[Ground]:
    """The full sample on a server of its own, gone afterwards."""
    password, key = secrets.token_urlsafe(12), secrets.token_bytes(32)
    with throwaway_postgres() as server:
        _execute(server.superuser_url(), sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        with psycopg.connect(server.superuser_url(DATABASE), autocommit=True) as connection, RowsBar() as bar:
            deploy_schema(connection)
            install_signing_key(connection, KID, key)
            load_sample_data(connection, None, bar.show)
        _execute(server.superuser_url(), sql.SQL("ALTER ROLE zava_app PASSWORD {}").format(sql.Literal(password)))
        yield Ground(
            app_url=server.url("zava_app", password, DATABASE),
            owner_url=f"{server.superuser_url(DATABASE)}&options=-c%20role%3Dzava_owner",
            key=key,
        )


def _execute(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def connected(url: str) -> "psycopg.Connection[Any]":
    """Without prepared statements, as behind a pooler."""
    return psycopg.connect(url, autocommit=True, prepare_threshold=None)
