"""A token that an operator revokes opens no instance any more, ten seconds later at most."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import jwt
import pytest

from local.people import LOCAL_TENANT_ID
from tests.conftest import REPOSITORY
from tests.protocol.requests import ACCEPT, COUNT
from tests.protocol.tokens import token
from tests.stack import PLAIN, RunningStack, host_beside

HONOURED_SECONDS = 10


@pytest.fixture(scope="module")
def instances(stack: RunningStack) -> Iterator[tuple[httpx2.Client, httpx2.Client]]:
    """Two, over one database."""
    with (
        host_beside(stack, "beside") as other,
        httpx2.Client(base_url=stack.base, timeout=30, verify=PLAIN) as here,
        httpx2.Client(base_url=other, timeout=30, verify=PLAIN) as there,
    ):
        yield here, there


def revoke(stack: RunningStack, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shared", "revoke-tokens", *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"OWNER_DATABASE_URL": stack.noted["environment"]["OWNER_DATABASE_URL"]},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def called(instance: httpx2.Client, token: str) -> httpx2.Response:
    return instance.post("/mcp", headers={**ACCEPT, "authorization": f"Bearer {token}"}, json=COUNT)


def test_two_instances_refuse_what_is_revoked_within_ten_seconds_and_nothing_else(
    stack: RunningStack, instances: tuple[httpx2.Client, httpx2.Client]
) -> None:
    principal, client = uuid4(), str(uuid4())
    revoked = {
        "principal": token(stack, object_id=principal),
        "client": token(stack, client_id=client),
        "token": token(stack),
    }
    untouched = token(stack)
    for instance in instances:
        assert {called(instance, made).status_code for made in (*revoked.values(), untouched)} == {200}
    uti = jwt.decode(revoked["token"], options={"verify_signature": False})["uti"]
    since = {}
    for kind, named in ("principal", f"{LOCAL_TENANT_ID}/{principal}"), ("client", client), ("token", uti):
        revoke(stack, f"--{kind}", named)
        since[kind] = time.monotonic()  # the command takes what the machine gives it
    for instance in instances:
        for kind, made in revoked.items():
            while (response := called(instance, made)).status_code == 200:
                assert time.monotonic() - since[kind] < HONOURED_SECONDS, kind
                time.sleep(0.1)
            assert response.status_code == 401
            assert 'error="invalid_token"' in response.headers["www-authenticate"]
            assert response.json()["error_description"] == "The token was revoked."
        assert called(instance, untouched).status_code == 200
    assert time.monotonic() - since["token"] < HONOURED_SECONDS
    revoke(stack, "--client", client, "--lift")
    lifted = time.monotonic()
    for instance in instances:
        while called(instance, revoked["client"]).status_code == 401:
            assert time.monotonic() - lifted < HONOURED_SECONDS
            time.sleep(0.1)
