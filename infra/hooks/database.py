"""Schema and logins of a deployed database, where this machine can reach it: the database has a private endpoint alone.

The app never holds the identity that administers the database, so no function of it migrates. Elsewhere than in the
network this says what to run there, and changes nothing.
"""

import asyncio
import socket

import certifi
import psycopg

from infra.hooks.database_logins import label_logins, wanted_labels
from infra.hooks.deployment import Deployment, HookRefused
from shared.commands.migrate import migrate
from shared.commands.sentences import database_says
from shared.database.pool import CONNECT_SECONDS, POSTGRES_SCOPE
from shared.vault import azure_credential

VARIABLE = "ADMIN_DATABASE_URL"
REACH_SECONDS = 3


def is_reachable(host: str, port: int = 5432, seconds: float = REACH_SECONDS) -> bool:
    """Whether a connection can be made from here."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True


def prepare_database(deployment: Deployment, *, dry_run: bool = False) -> list[str]:
    """What was done, a sentence each; raises HookRefused where the database refuses."""
    deployment.need("database_host", "database_name", "verification_database_name")
    deployment.need("migrations_client_id", "migrations_login")
    wanted_labels(deployment)
    if not is_reachable(deployment.database_host):
        return [
            f"LEFT TO DO: {deployment.database_host} cannot be reached from here. On a machine in the subnet "
            "`operators` that has the identity of migrations: python -m infra.hooks database"
        ]
    names = {deployment.database_name: False, deployment.verification_database_name: True}
    if not dry_run:
        for name, for_verification in names.items():
            _migrate(deployment, name, for_verification=for_verification)
    done = [f"{name} migrated as {deployment.migrations_login}" for name in names]
    return [*done, *(["logins tied to identities"] if dry_run else _labelled(deployment))]


def _migrate(deployment: Deployment, name: str, *, for_verification: bool) -> None:
    environ = {
        VARIABLE: deployment.database_url(name, certifi.where()),
        "AZURE_CLIENT_ID": deployment.migrations_client_id,
    }
    if migrate(environ, VARIABLE, for_verification=for_verification) != 0:
        raise HookRefused(f"the migration of {name} failed, and changed nothing of it")


def _labelled(deployment: Deployment) -> list[str]:
    url = deployment.database_url("postgres", certifi.where())
    token = asyncio.run(_token(deployment.migrations_client_id))
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS, password=token) as connection:
            return label_logins(connection, deployment)
    except psycopg.Error as error:
        raise HookRefused(f"logins are not tied to identities: {database_says(error)}") from None


async def _token(client_id: str) -> str:
    async with azure_credential(client_id) as credential:
        return (await credential.get_token(POSTGRES_SCOPE)).token
