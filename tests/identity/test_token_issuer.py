"""The local issuer: the people it knows, the state it keeps, the process it runs as."""

import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from local.asgi_server import serving
from local.people import HEAD_OFFICE, LOCAL_AUDIENCE, LOCAL_CLIENT_ID, LOCAL_TENANT_ID, NOBODY, PEOPLE, Person
from local.token_issuer import create_app, load_client_secret, load_key, token_for
from shared.identity.caller import open_verifier
from shared.settings import Settings
from tests.identity.running_issuer import RunningIssuer

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "local.token_issuer", "--port", "0"]


def settings_for(authority: str, tenant_id: str = str(LOCAL_TENANT_ID)) -> Settings:
    return Settings.from_environ(
        {
            "APP_DATABASE_URL": "postgresql://zava_app@127.0.0.1/zava",
            "JOBS_DATABASE_URL": "postgresql://zava_jobs@127.0.0.1/zava",
            "MCP_SERVER_URL": "http://127.0.0.1:7071/mcp",
            "ENTRA_TENANT_IDS": tenant_id,
            "TOKEN_AUDIENCES": LOCAL_AUDIENCE,
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
            "ENTRA_AUTHORITY": authority,
            "ALLOWED_CLIENT_IDS": LOCAL_CLIENT_ID,
            "SECRETS_FILE": "secrets.json",
        }
    )


@contextmanager
def running(command: list[str]) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The process and the first line it says."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.anyio
@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE.keys())
async def test_everyone_gets_a_token_that_the_application_accepts(issuer: RunningIssuer, person: Person) -> None:
    token = token_for(person, issuer.keys[0], authority=issuer.authority)
    caller = await open_verifier(settings_for(issuer.authority)).verify(token)
    assert (caller.tenant_id, caller.object_id) == (person.tenant_id, person.object_id)
    assert caller.app_roles == ({person.role} if person.role else frozenset())
    assert caller.scopes == {"sales.read", "catalog.read"} | ({"admin"} if person is HEAD_OFFICE else set())


def test_everyone_is_somebody_else() -> None:
    assert len({person.object_id for person in PEOPLE.values()}) == len(PEOPLE) == 11
    assert {person.object_id.version for person in PEOPLE.values()} == {4}
    assert NOBODY.store_ids == ()
    assert HEAD_OFFICE.store_ids == tuple(range(1, 9))


def test_key_and_client_secret_outlive_a_restart_and_are_private(tmp_path: Path) -> None:
    assert load_key(tmp_path).key_id == load_key(tmp_path).key_id
    assert load_client_secret(tmp_path) == load_client_secret(tmp_path)
    modes = {stat.S_IMODE(kept.stat().st_mode) for kept in tmp_path.iterdir()}
    assert modes == {0o600}
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.anyio
async def test_a_local_program_gets_a_token_for_its_client_secret_and_only_for_that(tmp_path: Path) -> None:
    app = create_app([load_key(tmp_path)], load_client_secret(tmp_path))
    form = {"grant_type": "client_credentials", "client_id": "kirkland", "scope": f"{LOCAL_AUDIENCE}/.default"}
    with serving(app) as authority:
        async with httpx2.AsyncClient(trust_env=False) as client:
            metadata = (await client.get(f"{authority}/{LOCAL_TENANT_ID}/v2.0/.well-known/openid-configuration")).json()
            endpoint = metadata["token_endpoint"]
            refused = await client.post(endpoint, data=form | {"client_secret": "guessed"})
            given = await client.post(endpoint, data=form | {"client_secret": load_client_secret(tmp_path)})
        caller = await open_verifier(settings_for(authority)).verify(given.json()["access_token"])
    assert refused.status_code == 401
    assert metadata["issuer"] == f"{authority}/{LOCAL_TENANT_ID}/v2.0"
    assert metadata["jwks_uri"] == f"{authority}/{LOCAL_TENANT_ID}/discovery/v2.0/keys"
    assert caller.object_id == PEOPLE["kirkland"].object_id


def test_the_process_says_where_it_listens_and_stops_when_asked(tmp_path: Path) -> None:
    with running([*COMMAND, "--state", str(tmp_path)]) as (process, said):
        authority = said.removeprefix("listening ")
        keys = httpx2.get(f"{authority}/{LOCAL_TENANT_ID}/discovery/v2.0/keys", trust_env=False).json()["keys"]
        assert [key["kid"] for key in keys] == [load_key(tmp_path).key_id]
        process.send_signal(signal.SIGTERM)
        process.wait(5)


def test_the_process_dies_with_its_parent(tmp_path: Path) -> None:
    command = [*COMMAND, "--state", str(tmp_path), "--die-with-parent"]
    parent = f"import subprocess; subprocess.Popen({command!r}, stdin=subprocess.PIPE).wait()"
    with running([sys.executable, "-c", parent]) as (process, said):
        address = ("127.0.0.1", int(said.rpartition(":")[2]))
        socket.create_connection(address).close()
        process.kill()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and is_listening(address):
            time.sleep(0.05)
        assert not is_listening(address)


def is_listening(address: tuple[str, int]) -> bool:
    with socket.socket() as client:
        return client.connect_ex(address) == 0
