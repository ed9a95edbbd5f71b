"""The fast path gives the SDK's answers: the same requests to an application with it and to one without."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Receive, Scope, Send

from local.asgi_server import serving
from local.tokens import new_key
from shared.identity.caller import current_caller
from shared.invocation import Invocations
from shared.mcp_server import build_server
from shared.protocol.endpoint import Endpoint
from shared.protocol.fast_path import FastPath
from shared.protocol.pagination import LISTS
from shared.telemetry.call_record import CallRecord
from tests.application import issued_settings, opened
from tests.conftest import Database, caller_of, nobody_embeds
from tests.fuzz.messages import changed
from tests.identity.running_issuer import RunningIssuer

pytestmark = pytest.mark.anyio

MODERN = "2026-07-28"
REVISIONS = (MODERN, "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2031-01-01", "x", None)
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}
QUERIES = (
    "SELECT store_id, count(*) FROM retail.orders GROUP BY store_id",
    "SELECT order_item_id, unit_price, total_amount FROM retail.order_items ORDER BY order_item_id",
    "SELECT avg(total_amount), sum(total_amount), 1.50::numeric, 'NaN'::numeric, 1e30::numeric FROM retail.order_items",
    "SELECT NULL, true, false, 1.5::float8, 'NaN'::float8, '{1,2}'::int[], '{\"a\": [1, null]}'::jsonb",
    "SELECT 'a,b', 'c\"d', E'e\\nf', '', 'ü €', ' g', TIMESTAMP '2025-01-01 10:00', DATE '2025-01-01'",
    "SELECT '', NULL WHERE false",
    "SELECT ''",
    "SELECT",
    "TABLE retail.stores",
    "SELECT email FROM retail.customers ORDER BY customer_id",
    "SELECT * FROM nothing",
    "SELECT 1/0",
    "DELETE FROM retail.orders",
    "SELECT pg_sleep(1)",
    "",
)
CALLS: tuple[dict[str, Any], ...] = (
    *(
        {"name": "execute_sales_query", "arguments": {"postgresql_query": query, "format": form, "max_rows": most}}
        for query in QUERIES
        for form, most in (("concise", 3), ("detailed", 1000))
    ),
    {"name": "execute_sales_query", "arguments": {"postgresql_query": "SELECT 1", "max_rows": 0}},
    {"name": "execute_sales_query", "arguments": {"postgresql_query": "SELECT 1", "limt": 1}},
    {"name": "execute_sales_query", "arguments": {}},
    {"name": "execute_sales_query"},
    {"name": "describe_access"},
    {"name": "describe_access", "arguments": {}},
    {"name": "describe_access", "arguments": None},
    {"name": "get_multiple_table_schemas", "arguments": {"table_names": ["retail.orders"]}},
    {"name": "get_multiple_table_schemas", "arguments": {"table_names": ["retail.nothing"]}},
    {"name": "analyze_sales", "arguments": {"report": "monthly_revenue"}},
    {"name": "prove_isolation", "arguments": {}},
    {"name": "no such tool", "arguments": {}},
)


@dataclass
class Way:
    """One of the two applications."""

    client: httpx2.AsyncClient
    records: list[CallRecord]


@pytest.fixture(scope="module")
def issuer() -> Iterator[RunningIssuer]:
    issuer = RunningIssuer([new_key()])
    with serving(issuer) as issuer.authority:
        yield issuer


@pytest.fixture
async def ways(sample: Database, issuer: RunningIssuer, tmp_path: Path) -> AsyncIterator[tuple[Way, Way]]:
    """With the fast path, and without."""
    told = issued_settings(sample, issuer, tmp_path, principal_rate=100_000, principal_burst=1_000_000)
    fast, slow = Way(None, []), Way(None, [])  # type: ignore[arg-type]  # opened in a moment
    async with (
        opened(told, issuer, [fast.records.append]) as fast.client,
        opened(told, issuer, [slow.records.append], fast_path=False) as slow.client,
    ):
        yield fast, slow


def requests() -> st.SearchStrategy[tuple[dict[str, str], bytes]]:
    """Headers and a body, plain ones mostly."""
    return _requests()


@st.composite
def _requests(draw: st.DrawFn) -> tuple[dict[str, str], bytes]:
    def seldom(usual: Any, *others: Any) -> Any:
        return draw(st.sampled_from([usual] * 12 + list(others)))

    method = draw(st.sampled_from(["tools/call"] * 6 + sorted(LISTS)))
    params = dict(draw(st.sampled_from(CALLS))) if method == "tools/call" else {}
    revision = draw(st.sampled_from((*REVISIONS[:3] * 5, *REVISIONS)))
    if revision == MODERN or seldom(False, True):
        params["_meta"] = dict(ENVELOPE)
    if "_meta" in params:
        for key, value in seldom([], *METAS):
            params["_meta"][key] = value
    if extra := seldom({}, {"cursor": "x"}, {"requestState": "x"}, {"task": {}}, {"inputResponses": {}}):
        params |= extra
    message: Any = {"jsonrpc": "2.0", "id": seldom(1, "a", 0, -5, 2**60, 1.5, None, True), "method": method}
    if params or seldom(True, False):
        message["params"] = params
    if seldom(False, True, True, True):
        message = draw(changed(message))
    headers = {
        "accept": seldom("application/json, text/event-stream", "*/*", "application/json", "text/html"),
        "content-type": seldom(
            "application/json", "application/json; charset=utf-8", "text/plain", "application/jsonx"
        ),
        "host": seldom("127.0.0.1:7071", "evil.example"),
    }
    if revision is not None:
        headers["mcp-protocol-version"] = revision
    if revision == MODERN or seldom(False, True):
        headers["mcp-method"] = seldom(method, "tools/list", "")
        if isinstance(name := params.get("name"), str):
            headers["mcp-name"] = seldom(name, "describe_access", "=?base64?ZGVzY3JpYmVfYWNjZXNz?=")
    headers |= seldom({}, {"origin": "http://evil.example"}, {"mcp-param-x": "1"}, {"mcp-session-id": "1"})
    body = json.dumps(message, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    return headers, seldom(body, b"\xef\xbb\xbf" + body, body.decode("utf-8", "replace").encode("utf-16"), body + b"x")


METAS: tuple[list[tuple[str, Any]], ...] = (
    [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")],
    [("traceparent", 5)],
    [("example.com/note", {"a": [1, 2]})],
    [("io.modelcontextprotocol/clientInfo", {"name": "n", "version": "1"})],
    [("io.modelcontextprotocol/clientInfo", {"name": 5})],
    [("io.modelcontextprotocol/clientCapabilities", {"extensions": {"io.modelcontextprotocol/tasks": {}}})],
    [("io.modelcontextprotocol/clientCapabilities", {"sampling": 1})],
    [("io.modelcontextprotocol/clientCapabilities", [])],
    [("io.modelcontextprotocol/protocolVersion", "2025-11-25")],
    [("progressToken", 1)],
)


@given(request=requests())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_both_ways_give_the_same_answer(ways: tuple[Way, Way], request: tuple[dict[str, str], bytes]) -> None:
    fast, slow = [await _asked(way, *request) for way in ways]
    assert fast == slow


async def _asked(way: Way, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """What came back, and what was recorded of it."""
    way.records.clear()
    response = await way.client.post("/mcp", content=body, headers=headers)
    [record] = way.records
    kind = response.headers.get("content-type")
    return {
        "status": response.status_code,
        "type": kind,
        "body": _steady(response.json()) if kind == "application/json" and response.content else response.text,
        "record": (record.method, record.name, record.outcome, record.rows, record.arguments_hash, record.trace_parent)
        if kind == "application/json"
        else None,
    }


def _steady(told: Any) -> Any:
    """Without what is made anew for each call: cursors and links hold a time."""
    match told:
        case dict():
            return {
                key: "made anew" if key in ("next_cursor", "uri") and value else _steady(value)
                for key, value in told.items()
            }
        case list():
            return [_steady(part) for part in told]
        case str():
            return told.partition("go on with cursor")[0]
    return told


@pytest.mark.parametrize("revision", [MODERN, "2025-11-25"])
async def test_a_plain_call_does_not_reach_the_sdk(invocations: Invocations, revision: str) -> None:
    server = build_server(invocations, nobody_embeds())
    asked: list[str] = []

    async def sdk(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])

    fast_path = FastPath(server, sdk, TransportSecuritySettings(enable_dns_rebinding_protection=False))
    endpoint = Endpoint(sdk, sdk, server.described, fast_path)
    params: dict[str, Any] = {"name": "execute_sales_query", "arguments": {"postgresql_query": "SELECT 41 + 1 AS n"}}
    headers = {"accept": "*/*", "mcp-protocol-version": revision}
    if revision == MODERN:
        params["_meta"] = ENVELOPE
        headers |= {"mcp-method": "tools/call", "mcp-name": "execute_sales_query"}
    token = current_caller.set(caller_of("kirkland"))
    try:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=endpoint), base_url="http://x") as client:
            body = {"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params}
            response = await client.post("/mcp", json=body, headers=headers)
    finally:
        current_caller.reset(token)
    assert response.json()["result"]["structuredContent"]["rows"] == [[42]]
    assert response.json()["id"] == 9
    assert asked == []
