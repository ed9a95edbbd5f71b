"""A throwaway PostgreSQL with the sample data, and what opens it."""

import base64
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from local.database import database_urls, ensure_database
from local.people import PEOPLE
from local.postgres import throwaway_postgres
from local.progress import RowsBar
from local.state import StateFolder
from shared.rls_context import Shape, principal_id_of, sign_context


@dataclass(frozen=True)
class Ground:
    """What is measured on. urls: as `dev.py env` prints them."""

    state: StateFolder
    urls: Mapping[str, str]

    @property
    def app_url(self) -> str:
        """Of the callers' login."""
        return self.urls["APP_DATABASE_URL"]

    @property
    def owner_url(self) -> str:
        """Of the owner."""
        return self.urls["OWNER_DATABASE_URL"]

    def context(self, name: str, shape: Shape | None = None) -> str:
        """A signed context of one of the sample callers, for an hour. shape: see sign_context."""
        key = self.state.signing_keys()[0]
        person = PEOPLE[name]
        principal_id = principal_id_of(person.tenant_id, person.object_id)
        return sign_context(base64.b64decode(key["value"]), key["version"], principal_id, seconds=3600, shape=shape)


@contextmanager
def prepared_ground() -> Iterator[Ground]:
    """The full sample on a server of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="zava-bench-") as folder, throwaway_postgres() as server:
        state = StateFolder(Path(folder))
        passwords = state.passwords()
        with RowsBar() as bar:
            ensure_database(
                server,
                signing_keys=state.signing_keys(),
                passwords=passwords,
                full=True,
                fresh=False,
                progress=bar.show,
            )
        yield Ground(state, database_urls(server, passwords))


def connected(url: str) -> "psycopg.Connection[Any]":
    """Without prepared statements, as behind a pooler."""
    return psycopg.connect(url, autocommit=True, prepare_threshold=None)
