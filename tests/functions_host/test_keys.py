"""Access keys: none are asked for, unless --enable-auth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.functions_host.errors import StartError
from local.functions_host.keys import AccessKeys

from .conftest import RunningHost, StartHost, environment

KEYS = {"FUNCTIONS_MASTER_KEY": "master-key-of-the-tests", "FUNCTIONS_HOST_KEY": "host-key-of-the-tests"}


@pytest.fixture(scope="module")
def guarded(start_host: StartHost) -> RunningHost:
    return start_host("--enable-auth", env=environment(KEYS))


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/text", "", 200),
        ("/api/text", "wrong", 200),
        ("/api/locked", "", 401),
        ("/api/locked", "wrong", 401),
        ("/api/locked", "host-key-of-the-test", 401),
        ("/api/locked", "host-key-of-the-tests", 200),
        ("/api/locked", "master-key-of-the-tests", 200),
        ("/api/vault", "", 401),
        ("/api/vault", "host-key-of-the-tests", 401),
        ("/api/vault", "master-key-of-the-tests", 200),
        ("/admin/host/status", "", 401),
        ("/admin/host/status", "host-key-of-the-tests", 401),
        ("/admin/host/status", "master-key-of-the-tests", 200),
        ("/admin/nothing", "", 401),
    ],
)
def test_a_level_opens_to_its_keys_only(guarded: RunningHost, path: str, key: str, status: int) -> None:
    by_header = guarded.client.get(path, headers={"x-functions-key": key})
    by_query = guarded.client.get(path, params={"code": key})
    assert (by_header.status_code, by_query.status_code) == (status, status)


def test_the_header_wins_over_the_query(guarded: RunningHost) -> None:
    response = guarded.client.get("/api/locked?code=wrong", headers={"x-functions-key": KEYS["FUNCTIONS_HOST_KEY"]})
    assert response.status_code == 200


def test_a_key_with_odd_characters_is_simply_wrong(guarded: RunningHost) -> None:
    assert guarded.client.get("/api/locked?code=%C3%BC%00").status_code == 401


@pytest.mark.parametrize("path", ["/api/locked", "/api/vault", "/admin/host/status"])
def test_without_enable_auth_every_level_is_open(host: RunningHost, path: str) -> None:
    assert host.client.get(path).status_code == 200


def test_enable_auth_without_a_key_is_one_clear_sentence(fails_to_start: Callable[..., str]) -> None:
    said = fails_to_start("--port", "0", "--enable-auth", env=environment({**KEYS, "FUNCTIONS_HOST_KEY": ""}))
    expected = "--enable-auth needs the environment variable FUNCTIONS_HOST_KEY, which is not set"
    assert said == f"The host cannot start: {expected}.\n"


@pytest.mark.parametrize("missing", KEYS)
def test_neither_key_may_be_missing(missing: str) -> None:
    with pytest.raises(StartError, match=missing):
        AccessKeys.from_environ({name: key for name, key in KEYS.items() if name != missing})


def test_keys_do_not_show_in_a_log() -> None:
    assert "of-the-tests" not in repr(AccessKeys.from_environ(KEYS))
