"""What `python -m shared … --json` prints on a running stack: one document, of the keys that are promised."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from local.parts import application_settings
from local.state import StateFolder
from shared.commands.parser import VERBS
from tests.conftest import REPOSITORY
from tests.stack import RunningStack

CHANGES_NOTHING = {
    "prove-isolation": (),
    "verify-audit": (),
    "migrate": ("--dry-run", "--database-url-env", "SUPERUSER_DATABASE_URL"),
    "refresh-embeddings": ("--dry-run",),
    "backup": (),
    "list-backups": (),
    "restore": ("--dry-run",),
    "prune-backups": ("--dry-run",),
    "rotate-keys": ("--dry-run", "--now"),
    "revoke-tokens": ("--dry-run", "--client", "6359d042-1f46-4432-a35b-5ae8572febc3"),
    "encrypt-fields": ("--dry-run",),
}
"""In an order in which each finds what it needs. `verify-backup` is tested with the backups."""


def run(stack: RunningStack, *arguments: str) -> dict[str, Any]:
    settings = application_settings(StateFolder(stack.state), stack.noted["environment"], stack.noted["ports"])
    done = subprocess.run(
        [sys.executable, "-m", "shared", *arguments, "--json"],
        cwd=REPOSITORY, env=os.environ | settings | stack.noted["environment"],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("verb", CHANGES_NOTHING)
def test_a_verb_prints_one_document_of_its_keys(stack: RunningStack, verb: str) -> None:
    assert tuple(run(stack, verb, *CHANGES_NOTHING[verb])) == VERBS[verb].keys


def test_every_verb_is_asked_here_or_needs_no_stack() -> None:
    assert VERBS.keys() - CHANGES_NOTHING.keys() == {"verify-backup", "estimate-cost", "completion"}


def test_a_dry_run_tells_what_would_be_and_changes_nothing(stack: RunningStack) -> None:
    secrets = (stack.state / "secrets.json").read_bytes()
    rotated = run(stack, "rotate-keys", "--now", "--dry-run")["keys"]
    assert [(each["name"], each["brought"]) for each in rotated] == [
        *((name, True) for name in ("rls-signing-key", "cursor-signing-key", "request-state-key")),
        ("backup-signing-key", False),
    ]
    assert (stack.state / "secrets.json").read_bytes() == secrets
    revoked = run(stack, "revoke-tokens", "--dry-run", "--token", "q7PrUvX0SUmn5Vqnb3FhAA")["revocations"]
    assert [each["subject"] for each in revoked] == ["q7PrUvX0SUmn5Vqnb3FhAA"]
    assert run(stack, "revoke-tokens", "--list")["revocations"] == []
