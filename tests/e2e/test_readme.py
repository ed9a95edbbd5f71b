"""The README's first screen: its call gives the answer that it prints, and so for the other callers that it names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import blocks, commands
from tests.stack import REPOSITORY, RunningStack

README = (REPOSITORY / "README.md").read_text()
CALL = next(command.text for command in commands("README.md") if command.text.startswith("curl "))
ANSWER = next(block.text for block in blocks("README.md") if block.language == "console").splitlines()[-1].strip("…, ")
SAID = re.findall(r"([\d,]{6,}) to `([\w-]+)`", README)


def called(stack: RunningStack, caller: str) -> str:
    """What the README's call prints, on this stack and as this caller."""
    line = CALL.replace("http://127.0.0.1:7071/mcp", stack.url)
    line = line.replace("token --as kirkland", f"token --as {caller} --state {stack.state}")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", line],
        cwd=REPOSITORY,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_first_call_is_answered_as_printed(stack: RunningStack) -> None:
    assert ANSWER.startswith('"structuredContent":')
    assert ANSWER in called(stack, "kirkland")


@pytest.mark.parametrize(("count", "caller"), SAID)
def test_the_same_question_gives_others_what_is_said(stack: RunningStack, count: str, caller: str) -> None:
    assert f'"rows":[[{count.replace(",", "")}]]' in called(stack, caller)


def test_other_callers_are_named() -> None:
    assert {caller for _, caller in SAID} == {"seattle", "west-region", "head-office"}
