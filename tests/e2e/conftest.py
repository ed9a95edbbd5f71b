"""State folders of stacks that ran before, so that a test need not load anything."""

import subprocess
from pathlib import Path

import pytest

from tests.stack import started_stack

EMPTY = ("--data", "none")


@pytest.fixture(scope="session")
def prepared(open_folder: Path) -> Path:
    """A state folder of a stack that ran once, with stores only."""
    state = open_folder / "prepared"
    state.mkdir()
    with started_stack(state, *EMPTY):
        pass
    return state


@pytest.fixture
def state(prepared: Path, open_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of it; PostgreSQL insists on the owner of its files."""
    copy = open_folder / str(request.node.name)
    subprocess.run(["cp", "-a", str(prepared), str(copy)], check=True)
    return copy
