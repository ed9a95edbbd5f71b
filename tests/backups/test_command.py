"""`python -m shared backup`, `list-backups` and `restore`, as an operator runs them."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backups.conftest import contents, run
from tests.conftest import REPOSITORY, Database
from tests.processes import nothing_but
from tests.unit.test_settings import GOOD

SECRET = base64.b64encode(b"b" * 32).decode()


@pytest.fixture
def environ(source: Database, target: Database, folder: Path, tmp_path: Path) -> dict[str, str]:
    urls = {"BACKUP_DATABASE_URL": source.backup_url, "OWNER_DATABASE_URL": target.owner_url}
    return settings_with(tmp_path, BACKUP_STORE_URL=folder.as_uri(), **urls)


def settings_with(tmp_path: Path, **settings: str) -> dict[str, str]:
    """The server's settings, with a vault that has the key."""
    vault = tmp_path / "secrets.json"
    vault.write_text(json.dumps({"backup-signing-key": [{"version": "one", "value": SECRET}]}))
    vault.chmod(0o600)
    given = {name: value for name, value in GOOD.items() if name != "KEY_VAULT_URL"}
    return given | settings | {"SECRETS_FILE": str(vault)}


def shared(environ: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "shared", *arguments],
        cwd=REPOSITORY,
        env=nothing_but(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_backup_is_made_listed_checked_and_restored(
    source: Database, target: Database, environ: dict[str, str]
) -> None:
    assert shared(environ, "list-backups").returncode == 1
    made = shared(environ, "backup", "--json")
    assert (made.returncode, made.stderr) == (0, "")
    said = json.loads(made.stdout)
    assert said["rows"] == sum(rows for rows, _ in contents(source).values())
    listed = shared(environ, "list-backups", "--json")
    assert json.loads(listed.stdout) == {"backups": [said]}
    before = contents(target)
    checked = shared(environ, "restore", "--check", said["id"])
    assert (checked.returncode, checked.stderr) == (0, "")
    assert contents(target) == before
    elsewhere = environ | {"OWNER_DATABASE_URL": source.owner_url}
    restored = shared(elsewhere, "restore", "--database", target.name)
    assert (restored.returncode, restored.stderr) == (0, "")
    assert contents(target) == contents(source)
    again = shared(environ, "restore")
    assert again.returncode == 1
    assert "has rows, which are kept unless you say that they may go" in again.stderr
    assert shared(environ, "restore", "--overwrite").returncode == 0


def test_an_incremental_one_says_what_it_builds_on_and_is_the_newest(environ: dict[str, str]) -> None:
    first = shared(environ, "backup", "--incremental", "--json")
    assert first.returncode == 0
    assert first.stderr.startswith("backup: a full backup in place of an incremental one: ")
    base = json.loads(first.stdout)
    assert (base["kind"], base["base"]) == ("full", None)
    second = shared(environ, "backup", "--incremental", "--json")
    assert (second.returncode, second.stderr) == (0, "")
    said = json.loads(second.stdout)
    assert (said["kind"], said["base"], said["stored_bytes"]) == ("incremental", base["id"], 0)
    listed = shared(environ, "list-backups").stdout.splitlines()
    assert listed[0].startswith(f"{said['id']}  incremental on {base['id']}  {said['rows']:,} rows")
    checked = shared(environ, "restore", "--check")
    assert (checked.returncode, checked.stdout) == (0, f"{listed[0]}\n")


def test_another_run_at_work_is_said(source: Database, environ: dict[str, str]) -> None:
    run(source, "SELECT ops.lease_backup(gen_random_uuid(), 60)")
    done = shared(environ, "backup")
    run(source, "DELETE FROM ops.backup_lease")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "backup: another run is at work\n")


@pytest.mark.parametrize(
    ("arguments", "changes", "status", "said"),
    [
        (["backup"], {"BACKUP_DATABASE_URL": ""}, 2, "BACKUP_DATABASE_URL is missing"),
        (["backup"], {"BACKUP_STORE_URL": ""}, 2, "BACKUP_STORE_URL is missing"),
        (
            ["backup"],
            {"BACKUP_DATABASE_URL": "postgresql://zava_backup:hidden@127.0.0.1:1/zava"},
            3,
            "the database says:",
        ),
        (["restore"], {}, 1, "there is no backup"),
        (["restore", "--check", "../secrets.json"], {}, 1, "no name of a backup"),
        (["restore", "20260101T000000Z-00000000"], {}, 1, "manifest.json is missing"),
    ],
)
def test_what_goes_wrong_is_one_sentence_without_a_secret(
    environ: dict[str, str], arguments: list[str], changes: dict[str, str], status: int, said: str
) -> None:
    done = shared(environ | changes, *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hidden" not in done.stderr
    assert SECRET not in done.stderr
