"""Which tests run beside which: lanes, of which the whole suite runs three at a time, each in a process of its own.

What is dear to set up is set up once in a process: the running stack, Node's packages, a PostgreSQL with the sample
data. So all that uses the stack is one lane, with the tests beside it, and each other folder is one. Three on
two cores, for a tenth of the time a test waits for something.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from local.commands import ALONE

STACK = "stack"
"""The lane, and the fixture that makes it one."""
ON_THE_STACK = (
    *("tests/clients/", "tests/conformance/", "tests/e2e/", "tests/fuzz/", "tests/protocol/"),
    *("tests/isolation/test_bombs.py", "tests/isolation/test_attacks_on_the_running_stack.py"),
    *("tests/hooks/test_endpoint.py", "tests/tasks/test_over_http.py"),
)
LONGEST = (STACK, "isolation", "tools", "backups", "policies", "search", "jobs", "attestation")
"""Begun first, in this order, so that no process is left with a long one when the other has ended."""


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # for want of types
    """Gives a lane to one process, the next one to who has ended its own."""

    def _split_scope(self, nodeid: str) -> str:
        return lane_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        if waiting := [lane for lane in LONGEST if lane in self.workqueue]:
            self.workqueue.move_to_end(waiting[0], last=False)
        super()._assign_work_unit(node)


def lane_of(nodeid: str) -> str:
    """The name of a test's lane."""
    return STACK if nodeid.startswith(ON_THE_STACK) else nodeid.split("/")[1]


def check_lane(item: pytest.Item) -> None:
    """Raises UsageError where a second process would start the stack for one test, or nobody would find a test."""
    if item.get_closest_marker("alone") and item.path.name != ALONE:
        raise pytest.UsageError(f"{item.nodeid} runs alone: move it to a {ALONE}")
    if STACK in getattr(item, "fixturenames", ()) and lane_of(item.nodeid) != STACK:
        raise pytest.UsageError(f"{item.nodeid} uses the stack: name it in tests/lanes.py")
