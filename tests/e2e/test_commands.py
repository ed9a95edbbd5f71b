"""The other commands of dev.py, against a running stack and without one."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import psycopg
import pytest

from local.people import PEOPLE
from tests.conftest import REPOSITORY
from tests.processes import eventually
from tests.protocol.requests import ACCEPT, COUNT
from tests.stack import RunningStack

type Dev = Callable[..., "subprocess.CompletedProcess[str]"]

URLS = [
    *("APP_DATABASE_URL", "JOBS_DATABASE_URL", "BACKUP_DATABASE_URL", "KEYS_DATABASE_URL"),
    *("VERIFY_DATABASE_URL", "OWNER_DATABASE_URL", "SUPERUSER_DATABASE_URL"),
]


def printed(dev: Dev, stack: RunningStack, *arguments: str) -> str:
    done = dev(*arguments, "--state", str(stack.state))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("name", PEOPLE)
def test_a_token_is_all_that_token_prints_and_it_opens_the_door(stack: RunningStack, dev: Dev, name: str) -> None:
    token = printed(dev, stack, "token", "--as", name)
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", token)
    headers = {**ACCEPT, "authorization": f"Bearer {token.strip()}"}
    assert httpx2.post(stack.url, headers=headers, json=COUNT).status_code == 200


def test_env_prints_urls_that_work(stack: RunningStack, dev: Dev) -> None:
    lines = printed(dev, stack, "env").splitlines()
    urls = dict(line.split("=", 1) for line in lines)
    assert list(urls) == URLS
    users = {}
    for name, url in urls.items():
        with psycopg.connect(url) as connection:
            users[name] = connection.execute("SELECT current_user::text").fetchone()
    assert [user for (user,) in users.values() if user] == [  # type: ignore[misc]  # a row each
        *("zava_app", "zava_jobs", "zava_backup", "zava_keys", "zava_verify", "zava_owner", "postgres")
    ]


@pytest.mark.parametrize(("name", "orders"), [("kirkland", 2975), ("head-office", 197665), ("nobody", 0)])
def test_a_printed_context_works_on_the_bare_login(stack: RunningStack, dev: Dev, name: str, orders: int) -> None:
    context = printed(dev, stack, "rls-context", "--as", name).strip()
    with stack.connect("APP_DATABASE_URL") as app:
        app.execute("SELECT set_config('app.rls_context', %s, false)", (context,))
        assert app.execute("SELECT count(*) FROM retail.orders").fetchone() == (orders,)


def test_a_printed_context_lasts_as_long_as_asked(stack: RunningStack, dev: Dev) -> None:
    expired = printed(dev, stack, "rls-context", "--as", "kirkland", "--ttl", "0").strip()
    with stack.connect("APP_DATABASE_URL") as app:
        app.execute("SELECT set_config('app.rls_context', %s, false)", (expired,))
        assert app.execute("SELECT count(*) FROM retail.orders").fetchone() == (0,)


def test_the_running_stack_proves_its_isolation_with_rows(stack: RunningStack, dev: Dev) -> None:
    lines = printed(dev, stack, "prove-isolation").splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["✓"] * 18
    assert lines[-2].split()[1] == "canary_rows"


def test_the_running_stack_has_an_intact_audit_trail_of_its_calls(stack: RunningStack, dev: Dev) -> None:
    head = json.loads(printed(dev, stack, "verify-audit", "--json"))["head"]
    httpx2.post(stack.url, headers=ACCEPT | stack.headers("kirkland"), json=COUNT).raise_for_status()
    eventually(lambda: json.loads(printed(dev, stack, "verify-audit", "--json"))["head"] != head, "a row")
    assert printed(dev, stack, "verify-audit", "--head", head).startswith("The trail is intact: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("env",),
        ("token", "--as", "kirkland"),
        ("rls-context", "--as", "kirkland"),
        ("prove-isolation",),
        ("verify-audit",),
    ],
)
def test_without_a_stack_it_is_said_what_to_run(dev: Dev, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = dev(*arguments, "--state", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"dev.py: nothing was started in {tmp_path}; run: python3 dev.py start\n"


@pytest.mark.parametrize(
    "arguments",
    [
        *((), ("nothing",), ("token",), ("token", "--as", "stranger"), ("start", "--port", "99999")),
        *(("start", "--port", "abc"), ("start", "--port", "-1")),
        *(("rls-context", "--as", "kirkland", "--ttl", given) for given in ("9" * 20, "an hour", "31536001")),
    ],
)
def test_wrong_arguments_are_explained(dev: Dev, arguments: tuple[str, ...]) -> None:
    done = dev(*arguments)
    assert done.returncode == 2
    assert "usage: dev.py" in done.stderr
    assert " _" not in done.stderr  # the name of a function is no explanation


@pytest.mark.parametrize("command", ["env", "token --as kirkland", "rls-context --as kirkland"])
def test_a_state_that_is_no_folder_is_said_to_be_none(dev: Dev, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("")
    done = dev(*command.split(), "--state", str(tmp_path / "file"))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)


def test_a_stack_whose_notes_are_damaged_has_no_environment(dev: Dev, tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{")
    done = dev("env", "--state", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"dev.py: {tmp_path / 'stack.json'} is damaged; run: python3 dev.py start\n"


def test_help_names_every_command(dev: Dev) -> None:
    shown = dev("--help").stdout
    assert all(
        command in shown
        for command in (
            "start",
            "test",
            "check",
            "demo",
            "token",
            "env",
            "rls-context",
            "prove-isolation",
            "verify-audit",
        )
    )


def test_without_python_3_13_it_is_said_what_to_install(tmp_path: Path) -> None:
    """An older Python on a machine without 3.13, without uv and without a network."""
    script = (
        "import sys, pathlib; sys.argv = ['dev.py', 'start']; sys.path.insert(0, '.'); import dev;sys.exit(dev.main())"
    )
    # A clone with nothing around it, for a Python that calls itself older.
    subprocess.run(["cp", "dev.py", *REPOSITORY.glob("requirements*.txt"), str(tmp_path)], cwd=REPOSITORY, check=True)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *version_info*) echo 3 11;; *) exec {sys.executable} "$@";; esac\n')
    python.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.executable = {str(python)!r}; {script}"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path), "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Python 3.13 is needed" in done.stderr
    assert "Traceback" not in done.stderr
