"""HTTP triggers over real HTTP: what reaches the function, and what reaches the client."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.processes import eventually

from .conftest import RunningHost, StartHost

MEBIBYTE = 1024 * 1024


def raw(host: RunningHost, request: bytes) -> bytes:
    """One request as bytes on the wire, one whole answer back."""
    address = urlsplit(host.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_request_arrives_as_it_was_sent(host: RunningHost) -> None:
    seen = host.client.put("/api/echo/a/b%20c?x=1&x=2&y=%C3%BC&z=", content=b"body", headers={"X-One": "1"}).json()
    assert seen["method"] == "PUT"
    assert seen["url"] == f"{host.url}/api/echo/a/b%20c?x=1&x=2&y=%C3%BC&z="
    assert seen["query"] == {"x": "1,2", "y": "ü"}
    assert seen["route"] == {"rest": "a/b c"}
    assert seen["headers"]["x-one"] == "1"
    assert seen["length"] == 4
    assert seen["function_name"] == "echo"


def test_repeated_headers_are_joined_by_a_comma(host: RunningHost) -> None:
    headers = [("x-many", "1"), ("X-Many", "2"), ("x-many", "3")]
    assert host.client.get("/api/echo/", headers=headers).json()["headers"]["x-many"] == "1,2,3"


def test_the_space_around_a_headers_value_is_none_of_it(host: RunningHost) -> None:
    reply = raw(host, b"GET /api/echo/ HTTP/1.1\r\nhost: x\r\nx-spaced: \t a b \t \r\nconnection: close\r\n\r\n")
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["headers"]["x-spaced"] == "a b"


@pytest.mark.parametrize(
    ("method", "path", "status", "answer"),
    [
        ("GET", "/api/orders/latest", 200, "latest"),
        ("GET", "/API/Orders/LATEST/", 200, "latest"),
        ("GET", "/api/orders/7", 200, {"id": "7"}),
        ("GET", "/api/orders/seven", 200, {"name": "seven"}),
        ("POST", "/api/orders", 201, "created"),
    ],
)
def test_the_most_specific_function_answers(
    host: RunningHost, method: str, path: str, status: int, answer: object
) -> None:
    response = host.client.request(method, path)
    assert (response.status_code, response.json()) == (status, answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nothing"),
        ("GET", "/orders/7"),
        ("GET", "/api"),
        ("GET", "/admin"),
        ("GET", "/api/retired"),
        ("DELETE", "/api/orders"),
        ("HEAD", "/api/text"),
    ],
)
def test_an_unknown_path_or_method_or_a_disabled_function_is_404_as_in_the_real_host(
    host: RunningHost, method: str, path: str
) -> None:
    response = host.client.request(method, path)
    assert (response.status_code, response.content) == (404, b"")


def test_head_is_answered_without_a_body_where_it_is_listed(host: RunningHost) -> None:
    response = host.client.head("/api/orders/seven")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len('{"name": "seven"}'))


def test_the_root_says_that_the_host_is_up(host: RunningHost) -> None:
    assert "up and running" in host.client.get("/").text


def test_a_string_becomes_a_text_response(host: RunningHost) -> None:
    response = host.client.get("/api/text")
    assert (response.text, response.headers["content-type"]) == ("grüße", "text/plain; charset=utf-8")


def test_cookies_and_headers_of_a_response_reach_the_client(host: RunningHost) -> None:
    response = host.client.get("/api/cookies")
    assert (response.status_code, response.content, response.headers["x-kept"]) == (204, b"", "yes")
    assert "content-length" not in response.headers
    plain, full = response.headers.get_list("set-cookie")
    assert plain == "plain=a%20b; path=/"
    assert full.startswith("full=1; expires=")
    assert full.endswith("; max-age=60; path=/x; secure; samesite=lax; httponly")


@pytest.mark.parametrize("size", [0, 1, 65_537, 20 * MEBIBYTE])
def test_a_body_of_any_size_arrives_whole(host: RunningHost, size: int) -> None:
    body = os.urandom(size)
    seen = host.client.post("/api/echo/", content=body).json()
    assert (seen["length"], seen["sha256"]) == (size, hashlib.sha256(body).hexdigest())


def test_a_body_over_the_limit_is_413_and_not_waited_for(host: RunningHost) -> None:
    head = f"POST /api/echo/ HTTP/1.1\r\nHost: x\r\nContent-Length: {100 * MEBIBYTE + 1}\r\n\r\n"
    assert raw(host, head.encode()).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_arrives_empty_and_the_log_says_so_once(start_host: StartHost) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"lost"

    fresh = start_host()
    for _ in range(2):
        assert fresh.client.post("/api/echo/", content=chunks()).json()["length"] == 0
    assert fresh.log().count("chunked body, which arrives empty") == 1


def test_an_exception_is_an_empty_500_and_its_stack_is_in_the_log(host: RunningHost) -> None:
    response = host.client.get("/api/broken")
    assert (response.status_code, response.content) == (500, b"")
    assert "LookupError: a reason that only the log may know\nTraceback" in host.log()


def test_a_function_that_exits_does_not_take_the_host_along(host: RunningHost) -> None:
    assert host.client.get("/api/exits").status_code == 500
    assert "SystemExit: 3" in host.log()
    assert host.client.get("/api/text").status_code == 200


@pytest.mark.parametrize("query", ["status=99", "status=700", "header=€"])
def test_an_answer_that_is_not_http_is_500(host: RunningHost, query: str) -> None:
    assert host.client.get(f"/api/answers?{query}").status_code == 500
    assert "'Functions.answers' gave no valid HTTP response" in host.log()


def test_an_invocation_over_the_function_timeout_is_500(host: RunningHost) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(host.client.get, ["/api/sleeps/60000", "/api/blocks/2500"]))
    assert [answer.status_code for answer in answers] == [500, 500]
    for name in ("sleeps", "blocks"):
        assert f"Timeout of 2 s exceeded by function 'Functions.{name}'" in host.log()
    assert host.client.get("/api/text").status_code == 200


def test_the_caller_s_trace_reaches_the_function(host: RunningHost) -> None:
    callers = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    functions = host.client.get("/api/echo/", headers={"traceparent": callers}).json()["trace_parent"]
    assert functions.split("-")[:2] == callers.split("-")[:2]
    assert functions.split("-")[2] != callers.split("-")[2]  # the host's own span, as in the request that it tells of


def test_a_call_without_a_trace_starts_one(host: RunningHost) -> None:
    first, second = (host.client.get("/api/echo/").json()["trace_parent"] for _ in range(2))
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", first)
    assert first != second


def test_a_client_that_hangs_up_disturbs_nobody(host: RunningHost) -> None:
    address = urlsplit(host.url)
    before = len(host.runs("sleeps_finished"))
    for head in (
        "GET /api/sleeps/50 HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /api/echo/ HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf",
    ):
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(head.encode())
    eventually(lambda: len(host.runs("sleeps_finished")) > before, "the end of the call whose client had gone")
    assert host.client.get("/api/text").status_code == 200


@pytest.mark.parametrize("path", ["/api/sleeps/100", "/api/echo/"])
def test_32_calls_at_once_are_all_answered_and_none_twice(host: RunningHost, path: str) -> None:
    before = len(host.runs("sleeps_finished"))
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda number: host.client.get(f"{path}?n={number}"), range(32)))
    assert [answer.status_code for answer in answers] == [200] * 32
    if path == "/api/echo/":
        assert [answer.json()["query"]["n"] for answer in answers] == [str(number) for number in range(32)]
        assert len({answer.json()["invocation_id"] for answer in answers}) == 32
    else:
        assert len(host.runs("sleeps_finished")) == before + 32


def test_calls_on_one_connection_are_answered_in_turn(host: RunningHost) -> None:
    address = urlsplit(host.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    for number in range(3):
        connection.request("GET", f"/api/orders/{number}")
        assert connection.getresponse().read() == f'{{"id": "{number}"}}'.encode()
    connection.close()


def test_no_answer_waits_for_the_acknowledgement_of_its_head(host: RunningHost) -> None:
    """On a connection that is kept; a delayed acknowledgement takes 40 ms."""
    seconds = []
    for _ in range(30):
        began = time.perf_counter()
        assert host.client.put("/api/echo/a", content=b"body").status_code == 200
        seconds.append(time.perf_counter() - began)
    assert min(seconds[5:]) < 0.035
