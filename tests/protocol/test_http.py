"""The endpoint as HTTP: methods, media types, limits, other sites' pages, and streams side by side."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from shared.protocol.endpoint import MAX_BODY_BYTES
from tests.protocol.conftest import Speak
from tests.protocol.requests import ACCEPT, COUNT
from tests.protocol.wire import MODERN, REVISIONS, Revision
from tests.stack import RunningStack

COUNT_PARAMS = COUNT["params"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS"])
def test_the_endpoint_takes_posts_only(stack: RunningStack, http: httpx2.Client, method: str) -> None:
    response = http.request(method, "/mcp", headers=stack.headers("kirkland"))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "text/html", ""])
def test_a_client_takes_json_and_events_or_gets_nothing(speak: Speak, revision: Revision, accept: str) -> None:
    assert speak(revision).ask("tools/list", accept=accept).status == 406


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/jsonp", "application/x-www-form-urlencoded", "application/json-rpc"]
)
def test_a_body_that_does_not_say_it_is_json_is_not_read(speak: Speak, revision: Revision, kind: str | None) -> None:
    assert speak(revision).ask("tools/list", content_type=kind).status == 415


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/json;charset=UTF-8"])
def test_json_may_name_its_charset(speak: Speak, revision: Revision, kind: str) -> None:
    assert speak(revision).ask("tools/list", content_type=kind).result["tools"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_body_may_be_as_long_as_the_limit_and_no_longer(speak: Speak, revision: Revision) -> None:
    wire = speak(revision)
    body = wire.body("tools/list")
    room = MAX_BODY_BYTES - len(httpx2.Request("POST", "http://x", json=body).content)
    headers = wire.headers("tools/list")
    padded = httpx2.Request("POST", "http://x", json=body).content + b" " * room
    assert wire.send(padded, **headers).status == 200
    assert wire.send(padded + b" ", **headers).status == 413


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("host", "evil.example", 421),
        ("host", "127.0.0.1.evil.example:80", 421),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "http://localhost:3000", 200),
    ],
)
def test_only_its_own_name_reaches_the_server(
    speak: Speak, revision: Revision, header: str, value: str, status: int
) -> None:
    assert speak(revision).ask("tools/list", **{header: value}).status == status


def test_no_answer_lets_a_page_of_another_site_read_it(stack: RunningStack, http: httpx2.Client, speak: Speak) -> None:
    own, foreign = {"origin": "http://localhost:3000"}, {"origin": "https://evil.example"}
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    answers = [
        speak(revision).ask("tools/list", **origin).response for revision in REVISIONS for origin in (own, foreign)
    ]
    for origin in (own, foreign):
        answers += [
            http.options("/mcp", headers={**origin, **preflight}),
            http.get("/mcp", headers=origin),
            http.post("/mcp", headers={**ACCEPT, **origin}, json=COUNT),  # no token: 401
            http.get("/.well-known/oauth-protected-resource", headers=origin),
            http.get("/health/ready", headers=origin),
            http.get("/no/such/page", headers=origin),
        ]
    assert {401, 403, 404, 405, 200} <= {answer.status_code for answer in answers}
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control-")], answer.request.url


@pytest.mark.parametrize("revision", REVISIONS)
def test_requests_side_by_side_each_get_their_own_answer(speak: Speak, revision: Revision) -> None:
    wires = {name: speak(revision, name) for name in ("kirkland", "seattle", "head-office")}
    with ThreadPoolExecutor() as pool:
        asked = [
            (name, pool.submit(wire.ask, "tools/call", COUNT_PARAMS)) for name, wire in wires.items() for _ in "123"
        ]
        counted = [(name, answer.result().result["structuredContent"]["rows"][0][0]) for name, answer in asked]
    assert set(counted) == {("kirkland", 2975), ("seattle", 54995), ("head-office", 197665)}


@pytest.mark.parametrize("revision", REVISIONS)
def test_no_session_is_given_out_and_one_that_is_brought_means_nothing(speak: Speak, revision: Revision) -> None:
    initialize = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    method = "server/discover" if revision == MODERN else "initialize"
    answer = speak(revision).ask(method, {} if revision == MODERN else initialize)
    assert answer.result["capabilities"]
    assert "mcp-session-id" not in answer.response.headers
    assert speak(revision).ask("tools/list", mcp_session_id="somebody-elses").result["tools"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_notification_is_accepted_and_not_answered(speak: Speak, revision: Revision) -> None:
    wire = speak(revision)
    body = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
    answer = wire.send(body, **wire.headers("notifications/cancelled"))
    assert (answer.status, answer.messages) == (202, [])
