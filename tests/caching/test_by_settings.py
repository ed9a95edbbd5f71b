"""What the settings say: two processes with one Redis, and a token of the managed identity as its password."""

import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from local.asgi_server import serving
from local.redis_server import RedisServer
from shared.caches.redis_client import AZURE_SCOPE, open_client
from shared.caches.redis_store import WORK_SECONDS
from shared.services import Services
from shared.settings import Settings
from shared.vault import Vault
from tests.caching.conftest import PASSWORD
from tests.conftest import CURSOR_KEY, KEY, Database, KeptSecrets, caller_of, settings_for

pytestmark = pytest.mark.anyio

KIRKLAND = caller_of("kirkland")
IDENTITY, CLIENT_ID, TOKEN = "3f1f2f7e-0000-4000-8000-000000000001", "5c8b2c8e-6f0e-4c42-8e9c-0a4b9f4f2c11", "a-token"


@pytest.fixture
def settings(sample: Database, redis: RedisServer, tmp_path: Path) -> Settings:
    secrets = tmp_path / "secrets.json"
    secrets.touch(mode=0o600)
    listed = [(KEY.name, KEY.version, KEY.value), (CURSOR_KEY.name, "1", CURSOR_KEY.value)]
    listed.append(("redis-password", "1", PASSWORD))
    secrets.write_text(json.dumps({name: [{"version": version, "value": value}] for name, version, value in listed}))
    return replace(settings_for(sample.app_url, pool_size=2), secrets_file=str(secrets), redis_url=redis.url)


async def test_two_processes_of_these_settings_share(settings: Settings, redis: RedisServer) -> None:
    async with Services(settings) as one, Services(settings) as two:
        assert one.redis
        assert two.redis
        await one.redis.begin()
        await two.redis.begin()
        question = "SELECT count(*) FROM retail.orders"
        told = await one.answers.read(KIRKLAND, question, max_rows=1)
        with redis.client() as client:
            deadline = time.monotonic() + 5
            while not client.keys():
                assert time.monotonic() < deadline
            assert client.info("stats")["keyspace_hits"] == 0
            assert await two.answers.read(KIRKLAND, question, max_rows=1) == told
            assert client.info("stats")["keyspace_hits"] == 1
        assert one.components.report().keys() >= {"redis"}


async def test_without_the_setting_there_is_none(settings: Settings) -> None:
    async with Services(replace(settings, redis_url=None)) as services:
        assert services.redis is None
        assert "redis" not in services.components.report()
        assert (await services.answers.read(KIRKLAND, "SELECT 1", max_rows=1)).rows == [[1]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str | None, str | None]]]:
    """What a stand-in of App Service's identity endpoint was asked for: resource and client id."""
    asked = []

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        parameters = Request(scope, receive).query_params
        asked.append((parameters.get("resource"), parameters.get("client_id")))
        body = {"access_token": TOKEN, "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
        await JSONResponse(body | {"resource": parameters.get("resource", "")})(scope, receive, send)

    with serving(endpoint) as url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "secret-of-the-instance")
        yield asked


async def test_with_a_user_in_the_url_a_token_is_the_password(
    redis: RedisServer, asked: list[tuple[str | None, str | None]]
) -> None:
    with redis.client() as client:
        client.acl_setuser(IDENTITY, enabled=True, passwords=[f"+{TOKEN}"], keys=["*"], commands=["+@all"])
    async with AsyncExitStack() as stack:
        url = redis.url.replace("//", f"//{IDENTITY}@")
        client_of_it = open_client(url, Vault(KeptSecrets()), CLIENT_ID, stack, WORK_SECONDS)
        assert await client_of_it.acl_whoami() in (IDENTITY, IDENTITY.encode())
    assert asked == [(AZURE_SCOPE.removesuffix("/.default"), CLIENT_ID)]
