"""`python -m shared prove-isolation` as an operator runs it."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.people import PEOPLE
from shared.isolation.canary_rows import prove_with_rows
from tests.attestation.sabotage import LEAK, SCOPE_IGNORED, Sabotage, sabotaged
from tests.conftest import KEY, PASSWORDS, REPOSITORY, Database

type Prove = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def prove(breakable: Database, open_folder: Path) -> Prove:
    """Runs the command with the settings of a server over the database, and changes to them."""
    secrets_file = open_folder / "secrets-of-the-command.json"
    secrets_file.write_text(json.dumps({KEY.name: [{"version": KEY.version, "value": KEY.value}]}))
    secrets_file.chmod(0o600)
    settings = {
        "APP_DATABASE_URL": breakable.app_url,
        "JOBS_DATABASE_URL": breakable.jobs_url,
        "MCP_SERVER_URL": "http://127.0.0.1:7071/mcp",
        "ENTRA_TENANT_IDS": str(PEOPLE["nobody"].tenant_id),
        "TOKEN_AUDIENCES": "api://test",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "SECRETS_FILE": str(secrets_file),
    }

    def run(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "shared", "prove-isolation", *arguments],
            cwd=REPOSITORY,
            env=os.environ | settings | changes,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        owner = urlsplit(breakable.superuser_url).password or ""
        for secret in (KEY.value, base64.b64decode(KEY.value).decode(), PASSWORDS["zava_app"], owner, "hidden"):
            assert secret not in done.stdout + done.stderr
        return done

    return run


def fingerprint(database: Database) -> list[tuple[Any, ...]]:
    """Of every row of our schemas, and of every sequence."""
    with database.as_superuser() as superuser:
        tables = superuser.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace IN ('retail'::regnamespace, 'access'::regnamespace, 'ops'::regnamespace) ORDER BY 1"
        ).fetchall()
        rows = [
            superuser.execute(
                f"SELECT '{name}', count(*), sum(hashtextextended(t::text, 0)) FROM {name} AS t"
            ).fetchall()
            for (name,) in tables
        ]
        sequences = superuser.execute(
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'retail' ORDER BY 1"
        ).fetchall()
    assert len(tables) >= 13
    return [*sum(rows, []), *sequences]


def test_a_sound_database_is_a_table_of_ticks(prove: Prove) -> None:
    done = prove(LC_ALL="C", PYTHONIOENCODING="ascii")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in lines[:-1]] == ["✓"] * 16
    assert lines[-1].startswith("Isolation is proven")


def test_a_broken_one_is_named_and_is_status_1(prove: Prove, breakable: Database) -> None:
    with sabotaged(breakable, LEAK):
        done = prove()
    assert done.returncode == 1
    assert "✗ policies           retail.orders has 2 policies for the login instead of one" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Isolation is NOT proven")


def test_with_an_owner_canary_rows_are_seen_by_their_own_and_leave_no_trace(prove: Prove, breakable: Database) -> None:
    before = fingerprint(breakable)
    done = prove("--json", OWNER_DATABASE_URL=breakable.superuser_url)
    report = json.loads(done.stdout)
    assert (done.returncode, report["holds"], report["duration_ms"] > 0) == (0, True, True)
    assert [check["name"] for check in report["checks"]][-1] == "canary_rows"
    assert all(check["holds"] for check in report["checks"])
    assert prove_with_rows(breakable.owner_url) == []  # a session that begins as the owner
    assert fingerprint(breakable) == before


def test_canary_rows_show_a_scope_that_is_ignored(prove: Prove, breakable: Database) -> None:
    with sabotaged(breakable, SCOPE_IGNORED):
        done = prove("--json", OWNER_DATABASE_URL=breakable.superuser_url)
    report = json.loads(done.stdout)
    assert done.returncode == 1
    failed = {check["name"]: check["detail"] for check in report["checks"] if not check["holds"]}
    assert set(failed) == {"functions", "canary_rows"}
    assert "the region's manager narrowed to the first store sees 2 rows of retail.inventory" in failed["canary_rows"]


@pytest.mark.parametrize(
    ("how", "statement"),
    [
        ("a region loses a store", "ALTER POLICY select_callers ON retail.orders USING (store_id = 1)"),
        ("one table leaks", "ALTER POLICY select_callers ON retail.inventory USING (true)"),
        ("customers of others", "ALTER POLICY select_callers ON retail.customers USING (customer_id > 10)"),
    ],
)
def test_canary_rows_show_policies_that_leak_or_hide(breakable: Database, how: str, statement: str) -> None:
    with sabotaged(breakable, Sabotage(statement, how)):
        findings = prove_with_rows(breakable.superuser_url)
    table = statement.split()[4]
    assert findings
    assert all(f"rows of {table}," in finding.problem for finding in findings)


def test_what_cannot_be_asked_is_wrong_use(prove: Prove, breakable: Database) -> None:
    assert (missing := prove(MCP_SERVER_URL="")).returncode == 2
    assert "MCP_SERVER_URL is missing" in missing.stderr
    assert prove("--database-url-env", "NO_SUCH_VARIABLE").returncode == 2
    assert prove("--nonsense").returncode == 2
    assert prove(OWNER_DATABASE_URL="postgresql://somebody:hidden:@[nowhere").returncode == 2
    no_owner = prove(OWNER_DATABASE_URL=breakable.app_url)
    assert (no_owner.returncode, no_owner.stdout) == (3, "")
    assert 'permission denied to set role "zava_owner"' in no_owner.stderr


def test_a_database_that_does_not_answer_is_unreachable(prove: Prove) -> None:
    done = prove(APP_DATABASE_URL="postgresql://zava_app:hidden@127.0.0.1:1/zava")
    assert (done.returncode, done.stdout) == (3, "")
    assert "UNAVAILABLE: The database does not answer." in done.stderr
    assert "Traceback" not in done.stderr


def test_another_login_can_be_asked_about(prove: Prove, breakable: Database) -> None:
    done = prove("--database-url-env", "BACKUP_DATABASE_URL", BACKUP_DATABASE_URL=breakable.backup_url)
    assert done.returncode == 1
    assert "✗ login              zava_backup is not the login that the policies are made for" in done.stdout


def test_help_fits_a_screen(prove: Prove) -> None:
    done = prove("--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) < 24
