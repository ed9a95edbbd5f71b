"""docs/bring-your-own-schema.md as a newcomer follows it: commands in a clean clone, pieces of files as they are."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import free_port
from local.postgres_home import remove_abandoned_homes
from tests.conftest import REPOSITORY
from tests.stack import wait_until_ready

PAGE = (REPOSITORY / "docs/bring-your-own-schema.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLE = REPOSITORY / "examples/animal_clinics"


def commands() -> list[tuple[str, list[str]]]:
    """Each block of commands, and the pieces of text that it is said to print."""
    followers = [*BLOCKS[1:], ("", "")]
    return [
        (text, shown.splitlines() if follower == "text" else [])
        for (kind, text), (follower, shown) in zip(BLOCKS, followers, strict=True)
        if kind == "sh"
    ]


@pytest.fixture
def clone() -> Iterator[Path]:
    """What is in the repository, at another place, with the packages that are installed here."""
    files = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(files, cwd=REPOSITORY, capture_output=True, check=True).stdout.decode().split("\0")
    with tempfile.TemporaryDirectory(prefix="zava-tests-") as folder:
        os.chmod(folder, 0o711)
        root = Path(folder) / "clone"
        for name in filter(None, listed):
            if (REPOSITORY / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(REPOSITORY / name, root / name)
        (root / ".venv").symlink_to(Path(sys.prefix).resolve())
        yield root
    remove_abandoned_homes()


def test_each_command_does_what_the_page_says(clone: Path) -> None:
    """With a free port instead of 7071, for others may run here."""
    port = free_port()
    [(start, _), *others] = commands()
    start = start.replace("dev.py start", f"dev.py start --port {port}")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # some twenty processes need not each compile what they import
    state = clone / ".local/clinics"
    state.mkdir(parents=True)
    with (state / "start.log").open("w") as log:
        stack = subprocess.Popen(
            ["bash", "-c", start.replace("python3", "exec python3")],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert wait_until_ready(stack, state) == f"http://127.0.0.1:{port}/mcp"
        script = "\n".join(["set -e", *(f"echo; echo '=== {n}'\n{text}" for n, (text, _) in enumerate(others))])
        done = subprocess.run(
            ["bash", "-c", script.replace("127.0.0.1:7071", f"127.0.0.1:{port}")],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
        )
    finally:
        stack.send_signal(signal.SIGTERM)
        stack.wait(timeout=30)
        if stack.stdout:
            stack.stdout.close()
    assert done.returncode == 0, done.stdout
    printed = re.split(r"^=== \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(printed) == len(others), done.stdout
    for output, (_, pieces) in zip(printed, others, strict=True):
        place = 0
        for piece in pieces:  # in this order
            found = output.find(piece, place)
            assert found >= 0, f"{piece!r} is not in {output}"
            place = found + len(piece)


def test_the_page_has_commands_for_each_step_and_says_what_they_print() -> None:
    told = [pieces for _, pieces in commands()]
    assert len(told) >= 7
    assert all(told[:5])


@pytest.mark.parametrize("block", [text for kind, text in BLOCKS if kind in ("sql", "python")])
def test_a_piece_of_a_file_is_as_in_the_file(block: str) -> None:
    files = [path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*") if path.suffix in (".sql", ".py")]
    assert any(block in text for text in files)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", PAGE))))
def test_what_the_page_links_to_is_there(path: str) -> None:
    assert (REPOSITORY / "docs" / path).exists()
