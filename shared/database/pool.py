"""The pools of database connections of one instance, and how they log in."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

from psycopg_pool import AsyncConnectionPool

from shared.database.connection import Connection
from shared.database.vectors import register_vectors
from shared.json_values import register_json_values
from shared.settings import Settings
from shared.vault import azure_credential

type AccessTokenSource = Callable[[], Awaitable[str]]

CONNECT_SECONDS = 5
IDLE_SECONDS = 300
LIFETIME_SECONDS = 30 * 60
"""Connections are replaced within half an hour, well before their Entra token's rights could be outdated."""

RECONNECT_SECONDS = 5
"""How long a lost connection is tried again; behind that the next caller tries.

The pool's pauses double: without a limit it would stay away for another minute after an outage of one."""

PROBE_CONNECTIONS = 2
"""Per instance at most, for probes and for the proof of isolation: calls that fill their pool starve neither."""
JOBS_CONNECTIONS = 2
"""Of the jobs' login per instance at most, for tasks, limits and the audit trail: each use takes milliseconds."""

POSTGRES_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"


def open_pool(settings: Settings, access_token: AccessTokenSource | None = None) -> AsyncConnectionPool[Connection]:
    """Of the callers' login. `await pool.open(wait=False)` opens it at once, also while the database is down.

    access_token: gives the password of each new connection where the URL has none.
    """
    sizes = settings.pool_min_size, settings.pool_max_size
    return _pool("zava_app", settings.app_database_url, access_token, sizes, _configure)


def open_probe_pool(
    settings: Settings, access_token: AccessTokenSource | None = None
) -> AsyncConnectionPool[Connection]:
    """Of the callers' login, for what is asked about the database itself. Otherwise as open_pool."""
    return _pool("zava_probe", settings.app_database_url, access_token, (0, PROBE_CONNECTIONS), _configure)


def open_jobs_pool(
    settings: Settings, access_token: AccessTokenSource | None = None
) -> AsyncConnectionPool[Connection]:
    """Of the jobs' login, which may write. Otherwise as open_pool."""
    return _pool("zava_jobs", settings.jobs_database_url, access_token, (0, JOBS_CONNECTIONS), register_vectors)


async def connect(database_url: str, access_token: AccessTokenSource | None) -> Connection:
    """One connection, beside any pool."""
    return await Connection.connect(database_url, **await _login(access_token)())


async def database_password(url: str, client_id: str | None) -> str | None:
    """None if the URL carries one, else a token of Entra for a single connection: see entra_access_token."""
    async with AsyncExitStack() as stack:
        access_token = entra_access_token(url, client_id, stack)
        return await access_token() if access_token else None


def entra_access_token(database_url: str, client_id: str | None, stack: AsyncExitStack) -> AccessTokenSource | None:
    """Where passwords come from: None if the URL carries one, else tokens of the managed identity of that client id."""
    if urlsplit(database_url).password:
        return None
    credential = azure_credential(client_id)
    stack.push_async_callback(credential.close)

    async def access_token() -> str:
        return (await credential.get_token(POSTGRES_SCOPE)).token

    return access_token


def _pool(
    name: str,
    database_url: str,
    access_token: AccessTokenSource | None,
    sizes: tuple[int, int],
    configure: Callable[[Connection], Awaitable[None]],
) -> AsyncConnectionPool[Connection]:
    """sizes: connections at least and at most."""
    return AsyncConnectionPool(
        database_url,
        connection_class=Connection,
        kwargs=_login(access_token),
        min_size=sizes[0],
        max_size=sizes[1],
        max_idle=IDLE_SECONDS,
        max_lifetime=LIFETIME_SECONDS,
        reconnect_timeout=RECONNECT_SECONDS,
        configure=configure,
        open=False,
        name=name,
    )


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
