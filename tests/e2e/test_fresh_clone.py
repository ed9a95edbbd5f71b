"""A stack started in a fresh clone: VS Code's file is there, without a secret, and git sees nothing new."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stack import REPOSITORY, wait_until_ready

type Start = Callable[[], str]


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def clone(open_folder: Path) -> Iterator[Path]:
    """The files that git knows here, committed or not yet, in a repository of their own."""
    folder = open_folder / "clone"
    for name in git(REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (source := REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    git(folder, "init", "--quiet")
    (folder / ".git/info/exclude").write_text(".venv\n")  # a folder in a real clone, which .gitignore names
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start_and_stop(clone: Path) -> Start:
    """Starts in the clone and stops; the URL of the ready line."""

    def run() -> str:
        state = clone / ".local"
        state.mkdir(exist_ok=True)
        with (
            (state / "start.log").open("w") as log,
            subprocess.Popen(
                [sys.executable, "dev.py", "start", "--port", "0", "--data", "none"],
                cwd=clone,
                env=os.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            url = wait_until_ready(process, state)
            process.terminate()
            assert process.wait(timeout=30) == 0
        assert f"claude mcp add --transport http zava-retail {url} " in (state / "start.log").read_text()
        return url

    return run


def test_a_start_writes_for_vs_code_where_nobody_has_and_git_sees_nothing(clone: Path, start_and_stop: Start) -> None:
    file = clone / ".vscode" / "mcp.json"
    url = start_and_stop()
    written = json.loads(file.read_text())
    assert written["servers"]["zava-retail"]["url"] == url
    assert written["servers"]["zava-retail"]["headers"] == {"Authorization": "Bearer ${input:zava-retail-token}"}
    assert git(clone, "status", "--porcelain", "--untracked-files=all") == ""
    theirs = json.dumps(written | {"servers": {}})
    file.write_text(theirs)
    start_and_stop()
    assert file.read_text() == theirs
