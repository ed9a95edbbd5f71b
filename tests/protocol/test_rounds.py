"""Calls in several rounds: the state that a client keeps in between is sealed, and every instance can open it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.conftest import REPOSITORY
from tests.protocol.conftest import Speak
from tests.protocol.wire import MODERN, Wire
from tests.stack import PLAIN, RunningStack, host_beside

ASKING = {"name": "test_input_required_result_request_state", "arguments": {}}
CONFIRMED = {"inputResponses": {"confirm": {"action": "accept", "content": {"ok": True}}}}
ANSWERED = "state-ok: asked"


@pytest.fixture(scope="module")
def another_instance(stack: RunningStack) -> Iterator[Callable[[str], Wire]]:
    with (
        host_beside(stack, "another", REPOSITORY / "tests/conformance/app") as url,
        httpx2.Client(base_url=url, timeout=30, verify=PLAIN) as http,
    ):
        yield lambda name: Wire(http, stack.headers(name), MODERN)


def state_of(wire: Wire) -> str:
    result = wire.ask("tools/call", ASKING).result
    assert result["resultType"] == "input_required"
    state: str = result["requestState"]
    return state


def text_of(result: dict[str, Any]) -> str:
    text: str = result["content"][0]["text"]
    return text


def test_a_state_is_opened_by_the_instance_that_sealed_it_and_by_another(
    speak_to_fixtures: Speak, another_instance: Callable[[str], Wire]
) -> None:
    state = state_of(speak_to_fixtures(MODERN))
    for wire in (speak_to_fixtures(MODERN), another_instance("kirkland")):
        answer = wire.ask("tools/call", {**ASKING, **CONFIRMED, "requestState": state})
        assert text_of(answer.result) == ANSWERED


def test_a_state_tells_its_client_nothing(speak_to_fixtures: Speak) -> None:
    first, second = state_of(speak_to_fixtures(MODERN)), state_of(speak_to_fixtures(MODERN))
    assert first != second
    assert "asked" not in first


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda state: state[:-1],
        lambda state: state + "A",
        lambda state: state[:20] + "AAAA" + state[24:],
        lambda _: "asked",
    ],
    ids=["cut", "longer", "changed", "forged"],
)
def test_a_state_that_was_not_sealed_here_is_refused(speak_to_fixtures: Speak, spoilt: Callable[[str], str]) -> None:
    wire = speak_to_fixtures(MODERN)
    answer = wire.ask("tools/call", {**ASKING, **CONFIRMED, "requestState": spoilt(state_of(wire))})
    assert (answer.status, answer.error["code"]) == (400, -32602)
    assert answer.error["data"] == {"reason": "invalid_request_state"}


def test_a_state_is_good_for_its_own_caller_and_call_only(stack: RunningStack, speak_to_fixtures: Speak) -> None:
    state = state_of(speak_to_fixtures(MODERN))
    params = {**ASKING, **CONFIRMED, "requestState": state}
    other_call = {**params, "name": "test_input_required_result_tampered_state"}
    narrowed = {"x-rls-user-id": "9c8b7a65-4321-fed0-9876-543210fedcba"}
    wire = speak_to_fixtures(MODERN)
    refused = [
        speak_to_fixtures(MODERN, "seattle").ask("tools/call", params),
        wire.ask("tools/call", other_call),
        wire.ask("tools/call", params, **narrowed),
    ]
    assert [answer.error["code"] for answer in refused] == [-32602] * 3
