"""`python -m shared revoke-tokens` as an operator runs it, but for the process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from shared.__main__ import main
from tests.conftest import Database

type Revoke = Callable[..., "Done"]

TENANT, OBJECT, CLIENT = str(uuid4()), str(uuid4()), str(uuid4())
UTI = "q7PrUvX0SUmn5Vqnb3FhAA"


@dataclass(frozen=True)
class Done:
    """What a run of the command leaves."""

    status: int
    stdout: str
    stderr: str


@pytest.fixture
def revoke(kept: Database, capsys: pytest.CaptureFixture[str]) -> Revoke:
    with kept.as_superuser() as superuser:
        superuser.execute("TRUNCATE access.revocations")

    def run(*arguments: str, owner_url: str = kept.owner_url) -> Done:
        try:
            status = main(["revoke-tokens", *arguments], {"OWNER_DATABASE_URL": owner_url})
        except SystemExit as wrong_usage:
            status = int(wrong_usage.code or 0)
        printed = capsys.readouterr()
        assert (urlsplit(owner_url).password or "hunter2") not in printed.out + printed.err
        return Done(status, printed.out, printed.err)

    return run


def listed(revoke: Revoke) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(revoke("--list", "--json").stdout)["revocations"]
    return found


def test_what_is_revoked_is_listed_until_it_is_lifted(revoke: Revoke) -> None:
    done = revoke("--principal", f"{TENANT.upper()}/{OBJECT}", "--before", "2026-01-02T03:04:05Z")
    assert done.status == 0
    assert f"principal {TENANT}/{OBJECT} issued until 2026-01-02T03:04:05+00:00 are refused by every" in done.stdout
    [again] = listed_after(revoke("--principal", f"{TENANT}/{OBJECT}", "--json"))
    assert again["issued_before"] > "2026-01-02"
    assert revoke("--token", UTI).status == revoke("--client", CLIENT).status == 0
    assert [(entry["kind"], entry["subject"]) for entry in listed(revoke)] == [
        ("principal", f"{TENANT}/{OBJECT}"),
        ("token", UTI),
        ("client", CLIENT),
    ]
    assert revoke("--token", UTI, "--lift").status == 0
    assert revoke("--token", UTI, "--lift").status == 1
    assert len(listed(revoke)) == 2


def listed_after(done: Done) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)["revocations"]
    return found


def test_an_earlier_time_takes_nothing_back(revoke: Revoke) -> None:
    revoke("--client", CLIENT)
    [entry] = listed_after(revoke("--client", CLIENT, "--before", "2026-01-02", "--json"))
    assert entry["issued_before"] is None


def test_what_no_living_token_can_match_is_forgotten(revoke: Revoke, kept: Database) -> None:
    with kept.as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO access.revocations (kind, subject, issued_before, revoked_at) SELECT kind, subject, before,"
            " clock_timestamp() - hours * interval '1 hour' FROM (VALUES"
            " ('token', 'old', 50, NULL), ('token', 'young', 47, NULL), ('client', 'for good', 5000, NULL),"
            " ('client', 'of old', 1, clock_timestamp() - interval '50 hours')) AS entry (kind, subject, hours, before)"
        )
    assert [entry["subject"] for entry in listed(revoke)] == ["for good", "young"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--principal", OBJECT),
        ("--principal", f"{TENANT}/{OBJECT}/x"),
        ("--client", "everybody"),
        ("--token", "a.b.c"),
        ("--token", UTI, "--client", CLIENT),
        ("--token", UTI, "--before", "2026-01-02"),
        ("--client", CLIENT, "--before", "2999-01-01"),
        ("--client", CLIENT, "--before", "yesterday"),
    ],
)
def test_a_command_that_is_not_clear_changes_nothing(revoke: Revoke, arguments: tuple[str, ...]) -> None:
    assert revoke(*arguments).status == 2
    assert listed(revoke) == []


def test_a_login_that_is_not_the_owners_may_not(revoke: Revoke, kept: Database) -> None:
    for url in (kept.app_url, kept.jobs_url, kept.backup_url):
        done = revoke("--token", UTI, owner_url=url)
        assert (done.status, "permission denied" in done.stderr) == (3, True)
    assert "OWNER_DATABASE_URL is missing" in revoke("--list", owner_url="").stderr
    assert listed(revoke) == []
