"""Every command of a page runs as it is printed, or is named here with the reason why it cannot.

A stack of their own, with stores and one customer, is what they run on; the README's first call has all the data
(tests/e2e/test_readme.py).
"""

import base64
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from psycopg import sql

from local.parts import application_settings
from local.people import PEOPLE
from local.state import StateFolder
from shared.__main__ import main
from tests.docs.pages import Block, Command, blocks, commands, pages
from tests.stack import REPOSITORY, RunningStack, started_stack

NOT_RUN = {
    r"azd ": "makes and changes what is on Azure",
    r"az ": "wants an Azure sign-in",
    r"claude ": "Claude Code; tests/clients/test_documented_configurations.py compares it with what a start prints",
    r"python -m infra\.hooks ": "for Azure; tests/hooks runs its steps",
    r"(FUZZ_REQUESTS=\d+ )?python3 dev\.py (test|check)\b": "the suite itself, and the check behind which it runs",
    r"python3 dev\.py start\b": "the stack of this test is one; tests/e2e/test_start.py",
    r"python3 dev\.py bench\b": "measures for minutes; tests/docs/test_options.py holds its options",
    r"\.ci/programs": "installs programs of the system, which these tests have",
    r"\.venv/bin/pre-commit install": "changes the clone; tests/docs/test_contributing.py installs it in another",
    r"curl ": "tests/e2e/test_readme.py",
}
"""Commands by how they begin; tests/docs/test_options.py looks at the options of ours."""
RUN_ELSEWHERE = {"docs/bring-your-own-schema.md": "tests/examples/test_tutorial.py"}
"""Whole pages, by the test that runs them."""
REAL = {
    "TID/OID": f"{PEOPLE['nobody'].tenant_id}/11111111-2222-3333-4444-555555555555",
    "--token UTI": "--token 5zPjdTSjqkOXf0Vo9wYnAA",
    "--client ID": "--client 11111111-2222-3333-4444-555555555555",
    "--keep-days N": "--keep-days 30",
    "--database NAME": "--database deployed",
    "--database-url-env NAME": "--database-url-env EMPTY_URL",
}
"""What stands for what a page writes in capitals."""
SHARED = "python -m shared "
REFUSED = {"python -m shared restore": (1, "unless you say that they may go")}
"""Exit status and a word of the sentence, where a page says that it is so: rows are there."""


@pytest.fixture(scope="module")
def own_stack(open_folder: Path) -> Iterator[RunningStack]:
    state = open_folder / "docs"
    state.mkdir()
    with started_stack(state, "--data", "none") as stack:
        bring_wrapping_key(state)
        with stack.connect("OWNER_DATABASE_URL") as owner:
            owner.execute(
                "INSERT INTO retail.customers (customer_id, first_name, last_name, email, phone, primary_store_id)"
                " VALUES (1, 'Ada', 'Lind', 'ada@example.com', '555-0100', 7)"
            )
        yield stack


def bring_wrapping_key(state: Path) -> None:
    """One of an hour ago: instances know it, so that nobody waits for them to ask for it."""
    file = state / "secrets.json"
    value = base64.b64encode(b"w" * 32).decode()
    key = {"version": "wrapping-1", "value": value, "created": time.time() - 3600}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"field-encryption-key": [key]}))


@pytest.fixture(scope="module")
def environment(own_stack: RunningStack) -> dict[str, str]:
    """What an operator has: the server's settings, URLs of the owner, and two databases beside the one in use."""
    noted = own_stack.noted
    settings = application_settings(StateFolder(own_stack.state), noted["environment"], noted["ports"])
    with own_stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        for name in ("empty", "deployed"):
            superuser.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = urlsplit(noted["environment"]["SUPERUSER_DATABASE_URL"])
    urls = {f"{name.upper()}_URL": url._replace(path=f"/{name}").geturl() for name in ("empty", "deployed")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    known: dict[str, str] = os.environ | settings | noted["environment"] | urls | {"PATH": path}
    assert main(["migrate", "--database-url-env", "DEPLOYED_URL"], known) == 0
    return known


class Done(NamedTuple):
    """The exit status of a command and what it printed."""

    status: int
    output: str
    errors: str


class Operator:
    """Runs commands of pages with an operator's environment, in order."""

    def __init__(self, stack: RunningStack, environment: dict[str, str]) -> None:
        self._stack = stack
        self._environment = environment

    def runs(self, command: Command) -> None:
        """In each form: without what stands in brackets, and with all of it."""
        forms = [re.sub(r" ?\[[^\]]*\]", "", command.text), re.sub(r"[\[\]]", "", command.text)]
        for form in dict.fromkeys(forms):
            done = self._done(self._filled(form))
            status, word = REFUSED.get(form, (0, ""))
            assert done.status == status, f"{command}\n{done.output}{done.errors}"
            assert word in done.errors, f"{command}\n{done.errors}"

    def _done(self, line: str) -> Done:
        """By a shell; what `python -m shared` would do is done here, which spares a second a command."""
        if line.startswith(SHARED) and not set("$|&;<>") & set(line):
            output, errors = StringIO(), StringIO()
            with redirect_stdout(output), redirect_stderr(errors):
                try:
                    status = main(shlex.split(line.removeprefix(SHARED)), self._environment)
                except SystemExit as end:  # of argparse
                    status = int(end.code or 0)
            return Done(status, output.getvalue(), errors.getvalue())
        shell = ["bash", "-euc", line]
        done = subprocess.run(
            shell, cwd=REPOSITORY, env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def _filled(self, line: str) -> str:
        """With this stack's state, and something real in the place of what a page writes in capitals."""
        line = re.sub(r"(dev\.py [\w-]+)", rf"\1 --state {self._stack.state}", line)
        for capitals, real in REAL.items():
            line = line.replace(capitals, real)
        if "--head " in line:
            line = re.sub(r"--head \S+", lambda _: f"--head {self._asked('verify-audit')['head']}", line)
        if re.search(r"\bID\b", line):
            line = re.sub(r"\bID\b", self._asked("list-backups")["backups"][0]["id"], line)
        return line

    def _asked(self, verb: str) -> Any:
        done = self._done(f"{SHARED}{verb} --json")
        assert done.status == 0, done.errors
        return json.loads(done.output)


def is_run(command: Command) -> bool:
    return command.page not in RUN_ELSEWHERE and not any(re.match(begin, command.text) for begin in NOT_RUN)


WITH_COMMANDS = [page for page in pages() if any(is_run(command) for command in commands(page))]


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_every_command_of_a_page_runs_as_it_is_printed(
    page: str, own_stack: RunningStack, environment: dict[str, str]
) -> None:
    operator = Operator(own_stack, environment)
    for command in commands(page):
        if is_run(command):
            operator.runs(command)


WITH_STATEMENTS = [
    page for page in pages() if page not in RUN_ELSEWHERE and any(block.language == "sql" for block in blocks(page))
]


def statements(block: Block) -> str:
    """With a principal's ids in the place of what a page writes in capitals."""
    return block.text.replace("'TENANT'", f"'{uuid4()}'").replace("'OBJECT'", f"'{uuid4()}'")


@pytest.mark.parametrize("page", WITH_STATEMENTS)
def test_every_statement_of_a_page_runs(page: str, own_stack: RunningStack) -> None:
    for block in blocks(page):
        if block.language == "sql":
            with own_stack.connect("SUPERUSER_DATABASE_URL") as administrator:
                administrator.execute(statements(block).encode())


def test_every_reason_why_something_is_not_run_is_needed() -> None:
    texts = [command.text for page in pages() for command in commands(page)]
    assert [begin for begin in NOT_RUN if not any(re.match(begin, text) for text in texts)] == []
    for page, test in RUN_ELSEWHERE.items():
        assert page in pages()
        assert Path(page).name in (REPOSITORY / test).read_text()
