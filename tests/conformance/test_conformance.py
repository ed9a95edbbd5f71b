"""The protocol as the MCP project's own suite sees it, through the Functions host, token and all."""

import pytest

from tests.conformance.conftest import Outcomes
from tests.conformance.suite import required

pytestmark = pytest.mark.timeout(240)  # the first time, npm fetches the suite

BACK_CHANNEL = {
    "tools-call-sampling",
    "tools-call-elicitation",
    "elicitation-sep1034-defaults",
    "elicitation-sep1330-enums",
}
ONLY_WARNED_OF = {"server-sse-multiple-streams"}
"""Of 2025-11-25, where the suite looks no further without a session; tests/protocol/test_http.py does."""

GENERIC = {
    "2026-07-28": {
        *("tools-list", "resources-list", "prompts-list", "completion-complete", "sep-2164-resource-not-found"),
        *("caching", "dns-rebinding-protection", "server-sse-multiple-streams", "http-header-validation"),
        "input-required-result-unsupported-methods",
    },
    "2025-11-25": {
        *("server-initialize", "ping", "tools-list", "resources-list", "prompts-list", "completion-complete"),
        "dns-rebinding-protection",
    },
}
"""What the suite can ask of any server."""


def test_the_suite_requires_what_it_did_when_the_revisions_were_released() -> None:
    assert {revision: len(required(revision)) for revision in GENERIC} == {"2026-07-28": 37, "2025-11-25": 30}


def test_of_2026_07_28_all_37_scenarios_pass_and_none_of_them_idly(outcomes: Outcomes) -> None:
    outcome = outcomes["fixtures", "2026-07-28"]
    assert required("2026-07-28") - outcome.verified() == set(), outcome.report
    assert outcome.code == 0, outcome.report
    assert "http-header-validation" in outcome.verified()  # not required, for it came later


def test_of_2025_11_25_26_of_30_scenarios_pass(outcomes: Outcomes) -> None:
    outcome = outcomes["fixtures", "2025-11-25"]
    assert required("2025-11-25") - outcome.verified() == BACK_CHANNEL | ONLY_WARNED_OF, outcome.report
    assert required("2025-11-25") & outcome.failed() == BACK_CHANNEL
    assert outcome.code == 0, outcome.report  # known-failures.yml names them all, and none that passes


def test_the_known_failures_fail_for_want_of_a_back_channel(outcomes: Outcomes) -> None:
    outcome = outcomes["fixtures", "2025-11-25"]
    for name in BACK_CHANNEL:
        (message,) = outcome.failures(name).values()
        assert "no back-channel" in message


@pytest.mark.parametrize("revision", GENERIC)
def test_the_products_own_tools_pass_what_can_be_asked_of_any_server(outcomes: Outcomes, revision: str) -> None:
    outcome = outcomes["product", revision]
    assert GENERIC[revision] - outcome.verified() == set(), outcome.report


def test_the_product_lacks_of_a_stateless_server_only_the_tools_to_show_it_with(outcomes: Outcomes) -> None:
    failures = outcomes["product", "2026-07-28"].failures("server-stateless")
    assert len(failures) == 4
    for message in failures.values():
        assert "server does not list the diagnostic tool" in message
