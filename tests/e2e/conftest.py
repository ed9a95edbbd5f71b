"""State folders of stacks that ran before, so that a test need not load anything."""

import os
import subprocess
from pathlib import Path

import pytest

from local.commands import FOR_ALL_LANES
from tests.stack import started_stack

EMPTY = ("--data", "none")


@pytest.fixture(scope="session")
def prepared(open_folder: Path) -> Path:
    """A state folder of a stack that ran once, with stores only; what is timed, after all others, finds it again."""
    kept = Path(os.environ.get(FOR_ALL_LANES, open_folder)) / "prepared"
    if not kept.exists():
        state = open_folder / "preparing"
        state.mkdir()
        with started_stack(state, *EMPTY):
            pass
        state.rename(kept)
    return kept


@pytest.fixture
def state(prepared: Path, open_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of it; PostgreSQL insists on the owner of its files."""
    copy = open_folder / str(request.node.name)
    subprocess.run(["cp", "-a", str(prepared), str(copy)], check=True)
    return copy
