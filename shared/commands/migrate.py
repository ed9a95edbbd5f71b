"""`python -m shared migrate`: a database brought to the schema of this release, by an administrator's login."""

import asyncio
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

import psycopg

from shared.commands.sentences import database_says
from shared.database.pool import CONNECT_SECONDS, POSTGRES_SCOPE
from shared.database.schema import MigrationRefused, deploy_schema
from shared.domain import domain_named
from shared.errors import SettingsError
from shared.settings import database_url_in, served_domain_in
from shared.vault import azure_credential

DONE, FAILED = 0, 2


def migrate(environ: Mapping[str, str], variable: str, *, for_verification: bool) -> int:
    """The exit status. variable: holds the URL; without a password in it, a token of Entra is the password.

    for_verification: see deploy_schema.
    """
    try:
        url = database_url_in(environ, variable)
        domain = domain_named(served_domain_in(environ))
        password = None if urlsplit(url).password else asyncio.run(_token(environ.get("AZURE_CLIENT_ID")))
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS, password=password) as connection:
            applied = deploy_schema(connection, domain=domain, for_verification=for_verification)
    except (SettingsError, MigrationRefused) as problem:
        return _complain(str(problem))
    except psycopg.Error as error:
        where = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        return _complain(f"{database_says(error)}{where}")
    for name in applied:
        print(f"applied {name}")
    print(f"{len(applied)} migrations applied; roles, functions, policies and privileges are those of this release")
    return DONE


async def _token(client_id: str | None) -> str:
    async with azure_credential(client_id) as credential:
        return (await credential.get_token(POSTGRES_SCOPE)).token


def _complain(sentence: str) -> int:
    print(f"migrate: {sentence}", file=sys.stderr)
    return FAILED
