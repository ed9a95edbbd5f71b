"""A PostgreSQL server with the sample data: loaded once in a run of the suite, and copied for each of its processes."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from local.commands import FOR_ALL_LANES
from local.database import load_sample_data
from local.postgres import EmbeddedPostgres, throwaway_postgres
from shared.database.schema import deploy_schema, install_signing_key
from shared.vault import Secret

TEMPLATE = "zava_template"


@contextmanager
def loaded_server(key: Secret) -> Iterator[EmbeddedPostgres]:
    """A server of one's own, whose database TEMPLATE has the schema, the key and all sample rows."""
    folder = os.environ.get(FOR_ALL_LANES)
    if folder is not None:
        with throwaway_postgres(_kept_in(Path(folder), key)) as server:
            yield server
        return
    with throwaway_postgres() as server:
        _load(server, key)
        yield server


def _kept_in(folder: Path, key: Secret) -> Path:
    """The files of a loaded server that was stopped. Who asks first makes them, and whoever asks meanwhile waits."""
    kept, unfinished = folder / "server", folder / "unfinished"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            with throwaway_postgres() as server:
                _load(server, key)
                server.stop_and_keep(unfinished)
            unfinished.rename(kept)
    return kept


def _load(server: EmbeddedPostgres, key: Secret) -> None:
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    with psycopg.connect(server.superuser_url(TEMPLATE), autocommit=True) as connection:
        deploy_schema(connection)
        install_signing_key(connection, key.version, key.key())
        load_sample_data(connection, None, lambda *_: None)
