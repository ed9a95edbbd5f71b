"""The suite's scenarios of the extension io.modelcontextprotocol/tasks, which no revision requires."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from local.people import PEOPLE
from tests.conformance import suite
from tests.conformance.token_proxy import token_proxy
from tests.stack import RunningStack

pytestmark = pytest.mark.timeout(240)  # the first time, npm fetches the suite

ALL_RIGHT = {
    *("tasks-lifecycle", "tasks-capability-negotiation", "tasks-wire-fields", "tasks-request-headers"),
    *("tasks-required-task-error", "tasks-request-state-removal"),
}
FOR_WANT_OF_QUESTIONS = {
    "tasks-dispatch-and-envelope": {"tasks-result-type-complete-on-non-task-responses"},
    "tasks-mrtr-input": {
        "sep-2663-tasks-get-status-input-required",
        "tasks-mrtr-tasks-update-resumes",
        "tasks-mrtr-partial-fulfillment",
    },
    "tasks-mrtr-composition": {"sep-2663-mrtr-synchronous-before-task-creation"},
}
"""What these look at needs tools that ask their client, which none of the product's does, so tasks cannot."""


@pytest.fixture(scope="module")
def outcomes(
    stack: RunningStack, fixture_host: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, suite.Outcome]:
    """By scenario; all at once, each as another person, for nobody may have many tasks."""
    folder = tmp_path_factory.mktemp("tasks")

    def run(scenario: str, person: str) -> suite.Outcome:
        with token_proxy(fixture_host, stack.headers(person)) as url:
            return suite.run_scenario(f"{url}/mcp", scenario, folder / scenario)

    scenarios = sorted(ALL_RIGHT | FOR_WANT_OF_QUESTIONS.keys())
    with ThreadPoolExecutor() as pool:
        return dict(zip(scenarios, pool.map(run, scenarios, PEOPLE), strict=True))


@pytest.mark.parametrize("name", sorted(ALL_RIGHT))
def test_a_scenario_of_tasks_passes_and_not_idly(outcomes: dict[str, suite.Outcome], name: str) -> None:
    assert outcomes[name].verified() == {name}, outcomes[name].report
    assert outcomes[name].code == 0


@pytest.mark.parametrize("name", FOR_WANT_OF_QUESTIONS)
def test_a_scenario_that_asks_for_more_fails_in_that_only(outcomes: dict[str, suite.Outcome], name: str) -> None:
    failures = outcomes[name].failures(name)
    assert failures.keys() == FOR_WANT_OF_QUESTIONS[name], outcomes[name].report
    assert all(message.startswith("Unknown tool: ") for message in failures.values())
