"""What dev.py does inside the virtual environment, one function a command."""

import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NoReturn

from local.parts import ROOT, application_settings
from local.people import PEOPLE
from local.state import StateFolder
from shared.rls_context import principal_id_of, sign_context

FOR_ALL_LANES = "ZAVA_FOR_ALL_LANES"
"""Names to tests the folder of what all processes of the suite share."""
ALONE = "test_speed.py"
"""The name of files with tests that run alone."""
IN_LANES = ("--numprocesses=3", "--dist=loadscope", "-m", "not alone")
"""Arguments of a pytest that runs all other tests."""


def start(state: Path, *, port: int, data: str, fresh: bool, host: Literal["local", "func"]) -> int:
    """Everything from nothing, until a signal."""
    from local.stack import StackFailed, StackOptions, run_stack

    try:
        run_stack(StateFolder(state), StackOptions(port=port, full=data == "full", fresh=fresh, host=host))
    except StackFailed as problem:
        return _complain(str(problem))
    return 0


def print_token(state: Path, name: str) -> int:
    """A bearer token on stdout, nothing else."""
    stack = StateFolder(state).stack()
    if stack is None:
        return _nothing_started(state)
    from local.tokens import load_key, token_for  # cryptography, which a start need not wait for

    print(token_for(PEOPLE[name], load_key(state), authority=stack["issuer"]))
    return 0


def print_rls_context(state: Path, name: str, ttl: int) -> int:
    """A signed context on stdout, nothing else."""
    folder = StateFolder(state)
    if folder.stack() is None:
        return _nothing_started(state)
    key = folder.signing_keys()[0]
    person = PEOPLE[name]
    principal_id = principal_id_of(person.tenant_id, person.object_id)
    print(sign_context(base64.b64decode(key["value"]), key["version"], principal_id, seconds=ttl))
    return 0


def prove_isolation(state: Path, *, as_json: bool) -> int:
    """`python -m shared prove-isolation` with the settings of the running stack."""
    folder = StateFolder(state)
    stack = folder.stack()
    if stack is None:
        return _nothing_started(state)
    urls = stack["environment"]
    settings = application_settings(folder, urls, stack["ports"])
    command = [sys.executable, "-m", "shared", "prove-isolation", *(["--json"] if as_json else [])]
    return subprocess.call(command, cwd=ROOT, env=os.environ | settings | urls)


def verify_audit(state: Path, *, head: str | None, as_json: bool) -> int:
    """`python -m shared verify-audit` on the running stack's database."""
    stack = StateFolder(state).stack()
    if stack is None:
        return _nothing_started(state)
    command = [sys.executable, "-m", "shared", "verify-audit"]
    command += [*(["--head", head] if head else []), *(["--json"] if as_json else [])]
    return subprocess.call(command, cwd=ROOT, env=os.environ | stack["environment"])


def demo(state: Path, *, only: Collection[str]) -> int:
    """A minute that shows the point, against the running stack or one of its own. only: names of its parts."""
    from local.demo.play import run_demo
    from local.stack import StackFailed

    try:
        return run_demo(StateFolder(state), only)
    except StackFailed as problem:
        return _complain(str(problem))


def test(arguments: list[str]) -> int:
    """What the arguments, which go to pytest, say; without any, the whole suite, in lanes (tests/lanes.py)."""
    if "--coverage" in arguments:
        from local.coverage_report import run_with_coverage

        return run_with_coverage([argument for argument in arguments if argument != "--coverage"])
    pytest = [sys.executable, "-m", "pytest"]
    if arguments:
        return subprocess.call([*pytest, *arguments], cwd=ROOT)
    with shared_by_lanes() as environ:
        status = subprocess.call([*pytest, *IN_LANES], cwd=ROOT, env=environ)
        alone = sorted((ROOT / "tests").rglob(ALONE))
        return subprocess.call([*pytest, "-m", "alone", *alone], cwd=ROOT, env=environ) or status


@contextmanager
def shared_by_lanes() -> Iterator[dict[str, str]]:
    """The environment of lanes, which names a folder that all of them have."""
    # Some hundred processes need not each compile what they import, nor the last pytest collect what it does not run.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="zava-tests-lanes-") as folder:
        yield environ | {FOR_ALL_LANES: folder}


def bench(arguments: list[str]) -> NoReturn:
    """In place of this process, so that Ctrl-C gives it the time to remove what it made."""
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "bench", *arguments])  # noqa: S606


GITHUB = Path(".github")
CHOICE = GITHUB / "ISSUE_TEMPLATE" / "config.yml"


def _against(schema: str, *files: Path) -> tuple[str, ...]:
    """Against a schema that check-jsonschema has with it."""
    return "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files)


def _of_github(folder: str) -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in (ROOT / GITHUB / folder).glob("*.yml"))


CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("ruff", "format", "--check", ".")),
    ("lint", ("ruff", "check", ".")),
    ("types", ("mypy",)),
    ("import rules", ("lint-imports",)),
    ("spelling", ("typos",)),
    ("workflows", _against("github-workflows", *_of_github("workflows"))),
    ("issue forms", _against("github-issue-forms", *(form for form in _of_github("ISSUE_TEMPLATE") if form != CHOICE))),
    ("issue choice", _against("github-issue-config", CHOICE)),
    ("dependabot", _against("dependabot", GITHUB / "dependabot.yml")),
    ("commit hook", ("pre-commit", "validate-config", ".pre-commit-config.yaml")),
    ("infrastructure", ("python", "-m", "infra.checks")),
)


def check() -> int:
    """All static checks, all of them also after a failure."""
    failed = [what for what, command in CHECKS if not _passes(what, command)]
    if failed:
        return _complain(f"failed: {', '.join(failed)}")
    return 0


def _passes(what: str, command: tuple[str, ...]) -> bool:
    print(f"== {what}", flush=True)
    return subprocess.call([str(Path(sys.executable).parent / command[0]), *command[1:]], cwd=ROOT) == 0


def _nothing_started(state: Path) -> int:
    return _complain(f"nothing was started in {state}; run: python3 dev.py start")


def _complain(sentence: str) -> int:
    print(f"dev.py: {sentence}", file=sys.stderr)
    return 1
