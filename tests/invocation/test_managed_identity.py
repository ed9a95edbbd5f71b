"""A token of the managed identity as a database password: the real credential, a stand-in of App Service's endpoint."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from local.asgi_server import serving
from shared.database.connection import Connection
from shared.database.pool import LIFETIME_SECONDS, POSTGRES_SCOPE, entra_access_token, open_pool
from tests.conftest import PASSWORDS, Database, settings_for

pytestmark = pytest.mark.anyio

CLIENT_ID = "5c8b2c8e-6f0e-4c42-8e9c-0a4b9f4f2c11"
HEADER = "secret-of-the-instance"
BRIEF = 2


class IdentityEndpoint:
    """What Azure serves at IDENTITY_ENDPOINT; the first token lives for two seconds, the next for a day."""

    def __init__(self, database: Database) -> None:
        self.issued: list[str] = []
        self.asked: list[tuple[str | None, str | None, str | None]] = []
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asked = request.query_params
        self.asked.append((request.headers.get("x-identity-header"), asked.get("resource"), asked.get("client_id")))
        self.issued.append(f"token-{len(self.issued) + 1}")
        _accept(self._database, self.issued[-1])
        expires = int(time.time()) + (BRIEF if len(self.issued) == 1 else 24 * 3600)
        body = {"access_token": self.issued[-1], "expires_on": str(expires), "token_type": "Bearer"}
        await JSONResponse(body | {"resource": asked.get("resource", "")})(scope, receive, send)


def _accept(database: Database, token: str) -> None:
    """The database takes this token and none before, as it does not take one that has expired."""
    with database.as_superuser() as superuser:
        superuser.execute(sql.SQL("ALTER ROLE zava_app PASSWORD {}").format(sql.Literal(token)))


@pytest.fixture
def endpoint(sample: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityEndpoint]:
    endpoint = IdentityEndpoint(sample)
    with serving(endpoint) as url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        yield endpoint
    _accept(sample, PASSWORDS["zava_app"])


@pytest.fixture
async def pool(sample: Database, endpoint: IdentityEndpoint) -> AsyncIterator[AsyncConnectionPool[Connection]]:
    parts = urlsplit(sample.app_url)
    passwordless = parts._replace(netloc=f"zava_app@{parts.netloc.rpartition('@')[2]}").geturl()
    async with AsyncExitStack() as stack:
        access_token = entra_access_token(passwordless, CLIENT_ID, stack)
        settings = replace(settings_for(passwordless), azure_client_id=CLIENT_ID)
        yield await stack.enter_async_context(open_pool(settings, access_token))


async def connect_anew(pool: AsyncConnectionPool[Connection]) -> None:
    """What the pool does with each connection that has reached its age."""
    async with pool.connection(timeout=10) as connection:
        await connection.close()
    async with pool.connection(timeout=10) as connection:
        assert await (await connection.execute("SELECT current_user::text")).fetchone() == ("zava_app",)


async def test_connections_made_after_a_token_expired_bring_a_fresh_one(
    pool: AsyncConnectionPool[Connection], endpoint: IdentityEndpoint
) -> None:
    deadline = time.monotonic() + 10 * BRIEF
    while len(endpoint.issued) < 2:
        assert time.monotonic() < deadline
        await connect_anew(pool)
    for _ in range(3):
        await connect_anew(pool)
    assert endpoint.issued == ["token-1", "token-2"], "a token that holds is not asked for again"
    assert set(endpoint.asked) == {(HEADER, POSTGRES_SCOPE.removesuffix("/.default"), CLIENT_ID)}


async def test_without_a_token_nobody_gets_in(sample: Database, endpoint: IdentityEndpoint) -> None:
    parts = urlsplit(sample.app_url)
    passwordless = parts._replace(netloc=f"zava_app@{parts.netloc.rpartition('@')[2]}").geturl()
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(passwordless)


def test_connections_are_replaced_within_the_least_life_of_a_token() -> None:
    assert LIFETIME_SECONDS < 3600
