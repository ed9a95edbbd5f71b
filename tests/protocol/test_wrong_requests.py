"""What a client hears that asks for what is not there, or asks in the wrong way: the specification's codes."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.protocol.conftest import Speak
from tests.protocol.wire import MODERN, REVISIONS, Revision
from tests.stack import RunningStack

INVALID_PARAMS, METHOD_NOT_FOUND, PARSE_ERROR, INVALID_REQUEST = -32602, -32601, -32700, -32600
NO_SUCH_RESOURCE = -32002
HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION = -32020, -32021, -32022

NO_IDS: tuple[object, ...] = (None, 1.5, True, {}, [1])

NOT_THERE: dict[str, tuple[str, dict[str, Any]]] = {
    "tool": ("tools/call", {"name": "no_such_tool", "arguments": {}}),
    "prompt": ("prompts/get", {"name": "no_such_prompt"}),
    "argument to complete": (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "inventory_check"}, "argument": {"name": "nothing", "value": ""}},
    ),
    "template to complete": (
        "completion/complete",
        {"ref": {"type": "ref/resource", "uri": "zava://{nothing}"}, "argument": {"name": "nothing", "value": ""}},
    ),
    "cursor of tools": ("tools/list", {"cursor": "garbage"}),
    "cursor of prompts": ("prompts/list", {"cursor": "0"}),
    "cursor of resources": ("resources/list", {"cursor": ""}),
    "cursor of templates": ("resources/templates/list", {"cursor": "'; DROP TABLE x; --" * 1000}),
    "cursor that is no text": ("tools/list", {"cursor": 5}),
}


@pytest.fixture(scope="module", autouse=True)
def without_traces(stack: RunningStack) -> Iterator[None]:
    """A client's mistake is no error of the server: its log has no stack trace of any."""
    before = len(stack.host_log())
    yield
    assert "Traceback" not in stack.host_log()[before:]


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("what", NOT_THERE)
def test_what_is_not_there_is_the_clients_mistake(speak: Speak, revision: Revision, what: str) -> None:
    answer = speak(revision).ask(*NOT_THERE[what])
    assert answer.error["code"] == INVALID_PARAMS
    assert answer.status == (400 if revision == MODERN else 200)
    assert answer.messages[-1]["id"] == 7


@pytest.mark.parametrize(
    "uri", ["zava://no/such/resource", "zava://schema/retail.nothing", "zava://schema/../stores", ""]
)
@pytest.mark.parametrize("revision", REVISIONS)
def test_a_missing_resource_is_named_with_the_code_of_its_revision(speak: Speak, revision: Revision, uri: str) -> None:
    answer = speak(revision).ask("resources/read", {"uri": uri})
    code, status = (INVALID_PARAMS, 400) if revision == MODERN else (NO_SUCH_RESOURCE, 200)
    assert (answer.error["code"], answer.status, answer.error["data"]) == (code, status, {"uri": uri})


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "arg1, arg2"),
        ({"arg1": "x"}, "arg2"),
        (None, "arg1, arg2"),
        ({"arg1": "x", "arg2": "y", "arg": "z"}, "arg"),
    ],
)
def test_arguments_of_a_prompt_are_all_there_and_no_others(
    speak_to_fixtures: Speak, revision: Revision, arguments: dict[str, str] | None, named: str
) -> None:
    params = {"name": "test_prompt_with_arguments"} | ({} if arguments is None else {"arguments": arguments})
    answer = speak_to_fixtures(revision).ask("prompts/get", params)
    assert answer.error["code"] == INVALID_PARAMS
    assert answer.error["message"].endswith(f": {named}")


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("method", ["no/such/method", "tools/delete", "subscriptions/listen", "tasks/list"])
def test_a_method_that_is_not_served_is_not_found(speak: Speak, revision: Revision, method: str) -> None:
    answer = speak(revision).ask(method, {"notifications": {}})
    assert answer.error["code"] == METHOD_NOT_FOUND
    assert answer.status == (404 if revision == MODERN else 200)


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "resources/subscribe"])
def test_what_the_newest_revision_took_away_is_not_found_in_it(speak: Speak, method: str) -> None:
    answer = speak(MODERN).ask(method)
    assert (answer.status, answer.error["code"]) == (404, METHOD_NOT_FOUND)


@pytest.mark.parametrize(
    "changed",
    [
        {"mcp_method": "tools/list"},
        {"mcp_method": None},
        {"mcp_method": "TOOLS/CALL"},
        {"mcp_name": "describe_access"},
        {"mcp_name": None},
        {"mcp_protocol_version": "2027-01-01"},
    ],
)
def test_headers_that_say_something_else_than_the_body_are_refused(speak: Speak, changed: dict[str, Any]) -> None:
    answer = speak(MODERN).ask("tools/call", {"name": "get_current_utc_date", "arguments": {}}, **changed)
    assert (answer.status, answer.error["code"]) == (400, HEADER_MISMATCH)


def test_a_version_that_is_not_served_is_answered_with_those_that_are(speak: Speak) -> None:
    meta = {"io.modelcontextprotocol/protocolVersion": "2027-01-01"}
    answer = speak(MODERN).ask("server/discover", {"_meta": meta}, mcp_protocol_version="2027-01-01")
    assert (answer.status, answer.error["code"]) == (400, UNSUPPORTED_VERSION)
    assert answer.error["data"] == {"supported": [MODERN], "requested": "2027-01-01"}


def test_a_request_without_its_envelope_is_refused(speak: Speak) -> None:
    wire = speak(MODERN)
    answer = wire.send({"jsonrpc": "2.0", "id": 7, "method": "tools/list"}, **wire.headers("tools/list"))
    assert (answer.status, answer.error["code"]) == (400, INVALID_PARAMS)


def test_a_call_that_needs_what_the_client_cannot_do_is_refused(speak_to_fixtures: Speak) -> None:
    wire = speak_to_fixtures(MODERN)
    answer = wire.ask("tools/call", {"name": "test_missing_capability", "arguments": {}})
    assert (answer.status, answer.error["code"]) == (400, MISSING_CAPABILITY)
    assert answer.error["data"] == {"requiredCapabilities": {"sampling": {}}}
    meta: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {"sampling": {}}}
    answer = wire.ask("tools/call", {"name": "test_missing_capability", "arguments": {}, "_meta": meta})
    assert answer.result["content"][0]["text"] == "The client samples."


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"nonsense", b'{"id":' + b"9" * 5000 + b"}", b"[" * 100_000])
def test_what_is_no_json_is_a_parse_error(speak: Speak, revision: Revision, body: bytes) -> None:
    wire = speak(revision)
    answer = wire.send(body, **wire.headers("tools/list"))
    assert (answer.status, answer.error["code"]) == (400, PARSE_ERROR)


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    "body",
    [
        *([], {}, 5, None, "tools/list", [{"jsonrpc": "2.0", "id": 1, "method": "ping"}]),
        *(
            {"jsonrpc": "1.0", "id": 1, "method": "ping"},
            {"id": 1, "method": "ping"},
            {"jsonrpc": "2.0", "id": 1},
            {"jsonrpc": "2.0", "id": 1, "method": 5},
        ),
        *({"jsonrpc": "2.0", "id": given, "method": "tools/list"} for given in NO_IDS),
    ],
)
def test_what_is_no_request_is_refused(speak: Speak, revision: Revision, body: Any) -> None:
    wire = speak(revision)
    answer = wire.send(body, **wire.headers("tools/list"))
    given = body.get("id") if isinstance(body, dict) else None
    assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)
    assert answer.messages[-1]["id"] == (given if type(given) is int else None)
    assert answer.error["message"].startswith("Invalid Request: a")
    assert "\n" not in answer.error["message"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_params_that_are_none_are_refused(speak: Speak, revision: Revision) -> None:
    wire = speak(revision)
    answer = wire.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": []}, **wire.headers("ping"))
    assert answer.status == 400
    assert answer.error["code"] in (INVALID_REQUEST, INVALID_PARAMS)
