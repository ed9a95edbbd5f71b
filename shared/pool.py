"""The pools of database connections of one instance, and how they log in."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

from psycopg_pool import AsyncConnectionPool

from shared.connection import Connection
from shared.json_values import register_json_values
from shared.settings import Settings
from shared.vault import azure_credential
from shared.vectors import register_vectors

type AccessTokenSource = Callable[[], Awaitable[str]]

CONNECT_SECONDS = 5
IDLE_SECONDS = 300
LIFETIME_SECONDS = 30 * 60
"""Connections are replaced within half an hour, well before their Entra token's rights could be outdated."""

JOBS_CONNECTIONS = 2
"""Of the jobs' login per instance at most, and none where nobody has tasks: what runs there takes a millisecond."""

POSTGRES_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"


def open_pool(settings: Settings, access_token: AccessTokenSource | None = None) -> AsyncConnectionPool[Connection]:
    """Of the callers' login. `await pool.open(wait=False)` opens it at once, also while the database is down.

    access_token: gives the password of each new connection where the URL has none.
    """
    return AsyncConnectionPool(
        settings.app_database_url,
        connection_class=Connection,
        kwargs=_login(access_token),
        min_size=settings.pool_min_size,
        max_size=settings.pool_max_size,
        max_idle=IDLE_SECONDS,
        max_lifetime=LIFETIME_SECONDS,
        configure=_configure,
        open=False,
        name="zava_app",
    )


def open_jobs_pool(
    settings: Settings, access_token: AccessTokenSource | None = None
) -> AsyncConnectionPool[Connection]:
    """Of the jobs' login, which may write. Otherwise as open_pool."""
    return AsyncConnectionPool(
        settings.jobs_database_url,
        connection_class=Connection,
        kwargs=_login(access_token),
        min_size=0,
        max_size=JOBS_CONNECTIONS,
        max_idle=IDLE_SECONDS,
        max_lifetime=LIFETIME_SECONDS,
        configure=register_vectors,
        open=False,
        name="zava_jobs",
    )


def entra_access_token(database_url: str, settings: Settings, stack: AsyncExitStack) -> AccessTokenSource | None:
    """Where passwords come from: None if the URL carries one, else tokens of the managed identity."""
    if urlsplit(database_url).password:
        return None
    credential = azure_credential(settings.azure_client_id)
    stack.push_async_callback(credential.close)

    async def access_token() -> str:
        return (await credential.get_token(POSTGRES_SCOPE)).token

    return access_token


def _login(access_token: AccessTokenSource | None) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def login() -> dict[str, Any]:
        options: dict[str, Any] = {
            "autocommit": True,
            # Named prepared statements collide behind a transaction pooler.
            "prepare_threshold": None,
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "zava-retail-mcp",
            "keepalives_idle": 30,
            "tcp_user_timeout": 10_000,
        }
        if access_token is not None:
            options["password"] = await access_token()
        return options

    return login


async def _configure(connection: Connection) -> None:
    register_json_values(connection)
    await register_vectors(connection)
