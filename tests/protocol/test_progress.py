"""Progress: who asks for it gets it, in order, before the result."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.protocol.conftest import Speak
from tests.protocol.requests import call
from tests.protocol.wire import REVISIONS, Answer, Revision

LONG = "SELECT count(*) FROM generate_series(1, 6000) a CROSS JOIN generate_series(1, 5000) b WHERE (a * b) % 7 = 3"
CALL: dict[str, Any] = {"name": "test_tool_with_progress", "arguments": {}}


@pytest.mark.parametrize("revision", REVISIONS)
def test_progress_comes_before_the_result_to_who_asked_for_it(speak_to_fixtures: Speak, revision: Revision) -> None:
    answer = speak_to_fixtures(revision).ask("tools/call", CALL | {"_meta": {"progressToken": "mine"}})
    assert [message["params"] for message in answer.messages[:-1]] == [
        {"progressToken": "mine", "progress": progress, "total": 100} for progress in (0, 50, 100)
    ]
    assert answer.result["content"][0]["text"] == "done"


@pytest.mark.parametrize("revision", REVISIONS)
def test_who_does_not_ask_gets_the_result_alone(speak_to_fixtures: Speak, revision: Revision) -> None:
    answer = speak_to_fixtures(revision).ask("tools/call", CALL)
    assert len(answer.messages) == 1


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_answer_that_nothing_can_come_before_is_one_json_body(speak: Speak, revision: Revision) -> None:
    answer = speak(revision).ask("tools/call", call("execute_sales_query", postgresql_query="SELECT 1")["params"])
    assert answer.result["structuredContent"]["rows"] == [[1]]
    assert answer.response.headers["content-type"].partition(";")[0] == "application/json"


def test_a_query_that_takes_seconds_says_so_every_second(speak: Speak) -> None:
    params = call("execute_sales_query", postgresql_query=LONG)["params"] | {"_meta": {"progressToken": 1}}

    def asked(revision: Revision) -> Answer:
        return speak(revision).ask("tools/call", params)

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(asked, REVISIONS))
    for answer in answers:
        assert answer.result["structuredContent"]["row_count"] == 1
        told = [message["params"]["progress"] for message in answer.messages[:-1]]
        assert told == list(range(1, len(told) + 1))
        assert told
