"""What a contributor's machine, and GitHub, read of this repository does what CONTRIBUTING.md says."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.commands import CHECKS
from tests.docs.pages import files
from tests.stack import REPOSITORY

PRE_COMMIT = Path(sys.executable).parent / "pre-commit"
WORKFLOWS = sorted(name for name in files() if re.fullmatch(r"\.github/workflows/[\w-]+\.yml", name))
RUN = (REPOSITORY / ".ci/run").read_text()


def read(name: str) -> Any:
    return yaml.safe_load((REPOSITORY / name).read_text())


def steps(workflow: str) -> list[dict[str, Any]]:
    return [step for job in read(workflow)["jobs"].values() for step in job.get("steps", [])]


def git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    return subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with our hook, and a dev.py that says what it was asked and finds the word `wrong` in a file."""
    git(tmp_path, "init", "--quiet")
    shutil.copy(REPOSITORY / ".pre-commit-config.yaml", tmp_path)
    (tmp_path / "dev.py").write_text(
        "import pathlib, sys\nprint('asked', *sys.argv[1:])\nsys.exit('wrong' in pathlib.Path('file').read_text())\n"
    )
    (tmp_path / "file").write_text("right")
    assert subprocess.run([PRE_COMMIT, "install"], cwd=tmp_path, capture_output=True, check=False).returncode == 0
    git(tmp_path, "add", "--all")
    return tmp_path


def test_the_hook_of_git_runs_the_check_and_keeps_back_what_it_refuses(clone: Path) -> None:
    assert git(clone, "commit", "--message", "right").returncode == 0
    (clone / "file").write_text("wrong")
    refused = git(clone, "commit", "--all", "--message", "wrong")
    assert refused.returncode == 1
    assert "asked check\n" in refused.stderr
    assert git(clone, "log", "--format=%s").stdout == "right\n"


def test_each_workflow_may_read_and_no_more_unless_a_job_says_so() -> None:
    assert len(WORKFLOWS) >= 2
    for workflow in WORKFLOWS:
        assert read(workflow)["permissions"] == {"contents": "read"}, workflow


def test_each_action_is_pinned_to_a_commit_or_a_full_version() -> None:
    used = {step["uses"] for workflow in WORKFLOWS for step in steps(workflow) if "uses" in step}
    assert used
    assert {each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@([0-9a-f]{40}|v\d+\.\d+\.\d+)", each)} == set()


def test_each_job_of_a_workflow_has_an_end() -> None:
    jobs = {(workflow, name): job for workflow in WORKFLOWS for name, job in read(workflow)["jobs"].items()}
    assert [key for key, job in jobs.items() if "timeout-minutes" not in job and "uses" not in job] == []


def test_ci_runs_what_a_contributor_runs() -> None:
    run = [step.get("run") for step in steps(".github/workflows/ci.yml")]
    assert ".ci/run" in run
    assert "python3 dev.py test --coverage" in run
    assert RUN.splitlines()[-3:] == [".ci/programs", "python3 dev.py check", "python3 dev.py test"]
    assert (REPOSITORY / ".ci/programs").stat().st_mode & 0o111


def test_the_dev_container_installs_what_ci_installs_by_the_same_list() -> None:
    container = json.loads((REPOSITORY / ".devcontainer/devcontainer.json").read_text())
    assert container["onCreateCommand"] == ".ci/programs"
    assert container["updateContentCommand"] in RUN
    assert re.search(r":\d+-3\.13-bookworm$", container["image"])
    others = [name for name in files() if name.startswith((".ci/", ".devcontainer/")) and name != ".ci/programs"]
    assert [name for name in others if re.search(r"apt-get|pgbouncer", (REPOSITORY / name).read_text())] == []


def test_dependabot_looks_into_each_folder_with_something_pinned() -> None:
    watched = {
        (update["package-ecosystem"], folder)
        for update in read(".github/dependabot.yml")["updates"]
        for folder in update.get("directories", [update.get("directory")])
    }
    pinned = {("npm", f"/{Path(name).parent}") for name in files() if name.endswith("package-lock.json")}
    pinned |= {("pip", str(Path("/", name).parent)) for name in files() if re.search(r"requirements[\w-]*\.txt$", name)}
    assert watched == pinned | {("github-actions", "/")}


def test_the_check_reads_each_form_that_github_reads() -> None:
    checked = {argument for _, command in CHECKS for argument in command if argument.startswith(".github/")}
    assert checked == {name for name in files() if name.startswith(".github/") and name.endswith(".yml")}


@pytest.mark.parametrize(
    ("what", "file", "right", "wrong"),
    [
        ("workflows", ".github/workflows/ci.yml", "runs-on:", "run-on:"),
        ("issue forms", ".github/ISSUE_TEMPLATE/bug.yml", "type: textarea", "type: textbox"),
        ("issue choice", ".github/ISSUE_TEMPLATE/config.yml", "about:", "abot:"),
        ("dependabot", ".github/dependabot.yml", "interval: weekly", "interval: often"),
        ("commit hook", ".pre-commit-config.yaml", "entry:", "entree:"),
        ("spelling", "CONTRIBUTING.md", "formatting", "formatting".replace("tt", "t")),
    ],
)
def test_the_check_finds_a_mistake(what: str, file: str, right: str, wrong: str, tmp_path: Path) -> None:
    program, *arguments = dict(CHECKS)[what]
    mistaken = tmp_path / Path(file).name
    mistaken.write_text((REPOSITORY / file).read_text().replace(right, wrong))
    options = [argument for argument in arguments if not (REPOSITORY / argument).is_file()]
    done = subprocess.run(
        [PRE_COMMIT.parent / program, *options, mistaken], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert mistaken.name in done.stdout + done.stderr


def test_public_forms_send_findings_to_the_security_policy() -> None:
    for name in ("bug", "isolation"):
        first, *_ = read(f".github/ISSUE_TEMPLATE/{name}.yml")["body"]
        assert "SECURITY.md" in first["attributes"]["value"]
    config = read(".github/ISSUE_TEMPLATE/config.yml")
    assert config["blank_issues_enabled"] is False
    assert "SECURITY.md" in config["contact_links"][0]["about"]
