"""Which tests run beside which: lanes, of which the whole suite runs two at a time, each in a process of its own.

What is dear to set up is set up once in a process: the running stack, a PostgreSQL with the sample data. So all that
uses the stack is one lane, and each other folder is one.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
STACK = "stack"
"""The lane, and the fixture that makes it one."""


def lanes_of(items: Iterable[pytest.Item]) -> Mapping[pytest.Item, str]:
    """The lane of each test: by folder, but the tests of isolation, most of which need no stack, one by one."""
    folders = {item: item.path.relative_to(TESTS).parts[0] for item in items}
    running = {folder for item, folder in folders.items() if _uses_stack(item)} - {"isolation"}
    return {item: STACK if folder in running or _uses_stack(item) else folder for item, folder in folders.items()}


def _uses_stack(item: pytest.Item) -> bool:
    return STACK in getattr(item, "fixturenames", ())
