"""Which tests run beside which: lanes, of which the whole suite runs two at a time, each in a process of its own.

A lane has what is dear to set up: the running stack, or a PostgreSQL with the sample data and what attacks make of it.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ALONE = ("e2e/", "isolation/test_bombs.py")
"""They measure how long something takes while nothing else goes on."""


def lane_of(item: pytest.Item) -> str:
    """The name of the test's lane."""
    if "stack" in getattr(item, "fixturenames", ()):
        return "stack"
    return "isolation" if _path(item).startswith("isolation/") else "the rest"


def is_alone(item: pytest.Item) -> bool:
    """Whether the whole suite runs the test behind all lanes."""
    return _path(item).startswith(ALONE)


def _path(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).as_posix()
