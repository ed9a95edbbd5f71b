"""Every verb of `python -m shared`, taken from the parser, so that none is forgotten."""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.commands.parser import GROUPS, VERBS, make_parser
from shared.commands.status import MEANINGS, Status
from tests.conftest import REPOSITORY
from tests.unit.test_settings import GOOD

OPERATIONS = (REPOSITORY / "docs/operations.md").read_text()
PASSWORD = "the-password-of-nobody"
SECRET = "c2VjcmV0LW9mLW5vYm9keS1mb3ItdGVzdHMtMDEyMzQ="
LOGINS = ("APP", "JOBS", "BACKUP", "KEYS", "VERIFY", "OWNER", "ADMIN")
NEEDED = {
    "completion": ["bash"],
    "estimate-cost": ["--calls-per-month", "1"],
    "revoke-tokens": ["--client", "6359d042-1f46-4432-a35b-5ae8572febc3"],
}
"""Arguments without which the verb is not used rightly."""
NO_SERVICE = {"completion", "estimate-cost"}
STORE_FIRST = {"list-backups", "prune-backups", "restore", "verify-backup"}
"""Ask no database, or not before they have found a backup."""


def actions(verb: str) -> list[argparse.Action]:
    [verbs] = [each for each in make_parser()._actions if isinstance(each, argparse._SubParsersAction)]
    found: list[argparse.Action] = verbs.choices[verb]._actions
    return found


def environ_with(port: int, secrets: Path) -> dict[str, str]:
    """Settings that are right, but for a database on that port."""
    given = {name: value for name, value in GOOD.items() if name != "KEY_VAULT_URL"}
    url = f"postgresql://login:{PASSWORD}@127.0.0.1:{port}/zava?sslmode=disable"
    given |= {f"{name}_DATABASE_URL": url for name in LOGINS}
    given |= {"SECRETS_FILE": str(secrets), "BACKUP_STORE_URL": secrets.parent.as_uri(), "PATH": os.environ["PATH"]}
    return given | {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}


def start(environ: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "shared", *arguments],
        cwd=REPOSITORY, env=environ, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def shared(environ: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    with start(environ, *arguments) as process:
        out, err = process.communicate(timeout=90)
    assert "Traceback" not in out + err
    assert PASSWORD not in out + err
    assert SECRET not in out + err
    return process.returncode, out, err


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.json"
    path.touch(mode=0o600)
    names = ("rls-signing-key", "cursor-signing-key", "backup-signing-key", "request-state-key", "openai-api-key")
    path.write_text(json.dumps({name: [{"version": "one", "value": SECRET}] for name in names}))
    return path


def parsed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        make_parser().parse_args(arguments)
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_the_help_screen_has_every_verb_in_its_group_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = parsed(capsys, "--help")
    lines = out.splitlines()
    assert status == 0
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    [verbs] = [each for each in make_parser()._actions if isinstance(each, argparse._SubParsersAction)]
    assert list(verbs.choices) == list(VERBS)
    for title, group in GROUPS.items():
        at = lines.index(title) + 1
        assert [line.split() for line in lines[at : at + len(group)]] == [[v.name, *v.help.split()] for v in group]
    for status_, meaning in MEANINGS.items():
        assert f"  {status_:>3}  {meaning}" in lines


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_what_it_does_and_each_option_what_it_is_for(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = parsed(capsys, verb, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: python -m shared {verb} ")
    assert " ".join(VERBS[verb].about.split()) in " ".join(out.split())
    assert all(action.help and action.help[0].islower() for action in actions(verb))
    assert "--json" in {option for action in actions(verb) for option in action.option_strings}
    assert all(key in out for key in VERBS[verb].keys)
    assert len(set(VERBS[verb].keys)) == len(VERBS[verb].keys) > 0


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("wrong", ["--no-such-option", "-z", "--jso"])
def test_a_wrong_option_is_one_line_and_status_2(verb: str, wrong: str) -> None:
    from shared.__main__ import main

    with pytest.raises(SystemExit) as ended:
        main([verb, *NEEDED.get(verb, []), wrong], {})
    assert ended.value.code == Status.WRONG_USE


def test_wrong_usage_is_one_line_without_a_traceback(secrets: Path) -> None:
    environ = environ_with(1, secrets)
    lines = {
        ("backup", "--no-such-option"): "python -m shared backup: unrecognized arguments: --no-such-option",
        ("no-such-verb",): "python -m shared: argument VERB: invalid choice: 'no-such-verb'",
        (): "python -m shared: the following arguments are required: VERB",
        ("estimate-cost",): "python -m shared estimate-cost: the following arguments are required: --calls-per-month",
        ("prune-backups", "--keep-days", "x"): "python -m shared prune-backups: argument --keep-days: a whole number",
        ("prune-backups", "--keep-days", "9" * 11): "python -m shared prune-backups: argument --keep-days: a whole num",
    }
    for arguments, line in lines.items():
        status, out, err = shared(environ, *arguments)
        assert (status, out, len(err.splitlines())) == (Status.WRONG_USE, "", 1)
        assert err.startswith(line)


def test_a_service_that_is_not_there_is_status_3_and_one_line_without_a_secret(secrets: Path) -> None:
    """The database, or for who asks none the vault."""

    def run(verb: str) -> tuple[int, str, str]:
        vault = secrets.parent / "none.json" if verb in STORE_FIRST else secrets
        return shared(environ_with(1, vault), verb, *NEEDED.get(verb, []), "--json")

    verbs = sorted(VERBS.keys() - NO_SERVICE, key=lambda verb: verb != "refresh-embeddings")  # which waits for a while
    with ThreadPoolExecutor(3) as threads:
        for verb, (status, out, err) in zip(verbs, threads.map(run, verbs), strict=True):
            assert (verb, status, len(err.splitlines())) == (verb, Status.UNREACHABLE, 1), err
            assert err.startswith(f"{verb}: ")
            assert list(json.loads(out)) == ["error"]


@pytest.mark.parametrize("verb", ["encrypt-fields", "prove-isolation", "revoke-tokens"])
def test_the_owners_password_goes_to_no_server_that_is_not_verified(verb: str, secrets: Path) -> None:
    environ = environ_with(1, secrets) | {"OWNER_DATABASE_URL": f"postgresql://owner:{PASSWORD}@db.example/zava"}
    status, _, err = shared(environ, verb, *NEEDED.get(verb, []))
    assert status == Status.WRONG_USE
    assert "OWNER_DATABASE_URL must say sslmode=verify-full" in err


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - NO_SERVICE - STORE_FIRST - {"refresh-embeddings"}))
def test_a_login_without_a_password_and_nobody_signed_in_is_status_3_and_one_line(verb: str, secrets: Path) -> None:
    environ = {name: value.replace(f":{PASSWORD}@", "@") for name, value in environ_with(1, secrets).items()}
    status, out, err = shared(environ | {"PATH": ""}, verb, *NEEDED.get(verb, []), "--json")  # no az, no azd
    assert (status, len(err.splitlines())) == (Status.UNREACHABLE, 1), err
    assert "Azure refuses" in err
    assert list(json.loads(out)) == ["error"]


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - NO_SERVICE - STORE_FIRST))
def test_ctrl_c_ends_a_verb_that_waits_with_130_and_one_line(verb: str, secrets: Path) -> None:
    """For a database that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        environ = environ_with(silent.getsockname()[1], secrets)
        with start(environ, verb, *NEEDED.get(verb, [])) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=4)  # less than the time after which it gives up by itself
    assert (process.returncode, out) == (Status.STOPPED, ""), err
    assert err.startswith(f"{verb}: stopped")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("verb", sorted(NO_SERVICE))
def test_what_needs_no_service_needs_no_settings(verb: str) -> None:
    status, out, err = shared({}, verb, *NEEDED[verb], "--json")
    assert (status, err) == (0, "")
    assert tuple(json.loads(out)) == VERBS[verb].keys


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("zava ver", {"verify-audit", "verify-backup"}),
        ("zava restore --ov", {"--overwrite"}),
        ("zava completion ", {"bash", "zsh", "fish"}),
        ("zava estimate-cost --profile p", {"prod"}),
    ],
)
def test_bash_completes_what_is_typed(typed: str, offered: set[str]) -> None:
    words = typed.split(" ")
    script = f"""
        eval "$({sys.executable} -m shared completion bash)"
        COMP_LINE={typed!r} COMP_POINT={len(typed)} COMP_TYPE=9 COMP_CWORD={len(words) - 1}
        COMP_WORDS=({" ".join(f"{word!r}" for word in words)})
        _python_argcomplete zava
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    found = {word.strip() for word in done.stdout.splitlines()}
    assert found >= offered, done.stderr
    assert not found - offered - {"-h", "--help", "--json", "--name"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_given_the_word_and_its_completion(shell: str) -> None:
    status, out, _ = shared({}, "completion", shell, "--name", "shop", "--json")
    script = json.loads(out)["script"]
    assert status == 0
    assert script.startswith({"zsh": "shop() {", "fish": "function shop\n"}[shell])
    assert {"zsh": "compdef", "fish": "complete --command shop"}[shell] in script


def options_of(verb: str) -> set[str]:
    """As the documentation names them: the first name, without those that every verb has."""
    named = [action.option_strings for action in actions(verb) if action.option_strings]
    return {next(name for name in names if name.startswith("--")) for names in named} - {"--help", "--json"}


def test_the_table_of_operations_is_that_of_the_parser() -> None:
    rows = re.findall(r"^\| `([a-z-]+)([^`]*)` \| (.+?) \| (.+?) \|$", OPERATIONS, flags=re.MULTILINE)
    told = {row[0]: row[1:] for row in rows if row[0] in VERBS}
    assert list(told) == list(VERBS)
    for name, (usage, what, keys) in told.items():
        assert set(re.findall(r"--[\w-]+", usage)) == options_of(name), name
        assert what == VERBS[name].help
        assert tuple(re.findall(r"`(\w+)`", keys)) == VERBS[name].keys
    for status, meaning in MEANINGS.items():
        assert f"| {status:d} | {meaning} |" in OPERATIONS
