"""The suite's scenarios of the extension io.modelcontextprotocol/tasks, which no revision requires."""

import pytest

from tests.conformance.conftest import Outcomes

pytestmark = pytest.mark.timeout(240)  # the first time, npm fetches the suite

SCENARIOS = {
    *("tasks-lifecycle", "tasks-capability-negotiation", "tasks-wire-fields", "tasks-request-headers"),
    *("tasks-required-task-error", "tasks-request-state-removal", "tasks-dispatch-and-envelope"),
    *("tasks-mrtr-input", "tasks-mrtr-composition"),
}
PUSHED = {"tasks-status-notifications"}
"""Optional, over a stream that this server does not have; the suite itself skips it."""


def test_the_suite_has_these_scenarios_of_tasks(outcomes: Outcomes) -> None:
    scenarios = outcomes["fixtures", "2026-07-28"].scenarios
    assert {name for name in scenarios if name.startswith("tasks-")} == SCENARIOS | PUSHED
    assert {check.status for name in PUSHED for check in scenarios[name]} == {"SKIPPED"}


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_check_of_a_scenario_of_tasks_succeeds(outcomes: Outcomes, name: str) -> None:
    outcome = outcomes["fixtures", "2026-07-28"]
    assert name in outcome.verified(), outcome.report
    assert {check.status for check in outcome.scenarios[name]} == {"SUCCESS"}
