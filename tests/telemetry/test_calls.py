"""What is told of requests: who, what and how long, and nothing that a caller wrote."""

import json
from collections import Counter
from typing import Any

import httpx2
import pytest

from local.ingestion_endpoint import IngestionEndpoint
from local.people import PEOPLE
from tests.conftest import caller_of
from tests.identity.running_issuer import RunningIssuer
from tests.protocol.requests import ACCEPT
from tests.telemetry.conftest import Serve

pytestmark = pytest.mark.anyio

CLIENTS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HOSTS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PLANTED = "planted_by_the_caller"
PARTS = ("authentication_ms", "queue_ms", "guard_ms", "database_ms", "rest_ms")


async def call(http: httpx2.AsyncClient, method: str, params: dict[str, Any], **headers: str) -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return await http.post(
        "/mcp", json=body, headers={**ACCEPT, "mcp-protocol-version": "2025-11-25", **headers}, timeout=30
    )


async def query(http: httpx2.AsyncClient, text: str, **headers: str) -> httpx2.Response:
    params = {"name": "execute_sales_query", "arguments": {"postgresql_query": text, "max_rows": 5}}
    return await call(http, "tools/call", params, **headers)


async def test_a_call_is_told_as_event_dependency_and_sums(serve: Serve, endpoint: IngestionEndpoint) -> None:
    async with serve() as http:
        answered = await query(http, f"SELECT order_id AS {PLANTED} FROM retail.orders", traceparent=HOSTS)
    [event] = endpoint.events("zava.call")
    properties, measurements = event["properties"], event["measurements"]
    assert (properties["method"], properties["name"]) == ("tools/call", "execute_sales_query")
    assert (properties["outcome"], properties["status"], properties["store_scope"]) == ("OK", "200", "all")
    assert len(properties["principal"]) == 16
    assert (measurements["rows"], measurements["bytes"]) == (5, len(answered.content))
    assert all(measurements[part] > 0 for part in PARTS)
    assert sum(measurements[part] for part in PARTS) == pytest.approx(measurements["duration_ms"])
    [dependency] = endpoint.of_type("RemoteDependencyData")
    assert (dependency["name"], dependency["type"], dependency["success"]) == (
        "execute_sales_query",
        "PostgreSQL",
        True,
    )
    [point] = endpoint.metrics("zava.call.duration_ms")
    assert point["properties"] == {"method": "tools/call", "name": "execute_sales_query", "outcome": "OK"}
    assert (point["count"], point["value"]) == (1, pytest.approx(measurements["duration_ms"]))
    told = [each for each in endpoint.items if each["data"]["baseType"] in ("EventData", "RemoteDependencyData")]
    assert {each["tags"]["ai.operation.id"] for each in told} == {HOSTS.split("-")[1]}
    assert {each["tags"]["ai.operation.parentId"] for each in told} == {HOSTS.split("-")[2]}


async def test_the_clients_own_trace_goes_before_the_hosts(serve: Serve, endpoint: IngestionEndpoint) -> None:
    async with serve() as http:
        await call(http, "tools/list", {"_meta": {"traceparent": CLIENTS}}, traceparent=HOSTS)
    [item] = [each for each in endpoint.items if each["data"]["baseType"] == "EventData"]
    assert item["tags"]["ai.operation.id"] == CLIENTS.split("-")[1]


async def test_all_that_can_become_of_a_request_is_counted(
    serve: Serve, endpoint: IngestionEndpoint, issuer: RunningIssuer
) -> None:
    async with serve() as http:
        catalog = {"authorization": f"Bearer {issuer.mint(scp='sales.read catalog.read')}"}
        await query(http, f"DELETE FROM {PLANTED}")
        await call(http, "tools/call", {"name": f"{PLANTED}_tool", "arguments": {}})
        await call(http, f"{PLANTED}/method", {})
        await call(http, "prompts/get", {"name": "weekly_store_review", "arguments": {"store": PLANTED}}, **catalog)
        await call(http, "resources/read", {"uri": "zava://schema/retail.orders"}, **catalog)
        await call(http, "resources/read", {"uri": f"zava://results/{PLANTED}"}, **catalog)
        await call(http, "resources/read", {"uri": f"https://{PLANTED}.example"}, **catalog)
        await call(http, "tasks/get", {"taskId": PLANTED})
        await call(http, "tools/list", {}, authorization=f"Bearer {PLANTED}")
        await call(http, "tools/call", {"name": "prove_isolation", "arguments": {}})
    told = Counter((each["properties"]["method"], each["properties"]["name"]) for each in endpoint.events("zava.call"))
    assert told == Counter(
        {
            ("tools/call", "execute_sales_query"): 1,
            ("tools/call", "unknown"): 1,
            ("unknown", "unknown"): 1,
            ("prompts/get", "weekly_store_review"): 1,
            ("resources/read", "zava://schema/{table}"): 1,
            ("resources/read", "zava://results/{name}"): 1,
            ("resources/read", "unknown"): 1,
            ("tasks/get", "tasks/get"): 1,
            ("none", "none"): 1,
            ("tools/call", "prove_isolation"): 1,
        }
    )
    outcomes = [each["properties"]["outcome"] for each in endpoint.events("zava.call")]
    assert outcomes[0] == "SQL_NOT_ALLOWED"
    assert outcomes[-2:] == ["HTTP_401", "HTTP_403"]
    sent = json.dumps(endpoint.items)
    assert PLANTED not in sent
    caller = caller_of("kirkland")
    for private in (caller.principal_id, caller.object_id, caller.tenant_id):
        assert str(private) not in sent
        assert private.hex not in sent
    assert PEOPLE["kirkland"].display_name not in sent


async def test_without_a_connection_string_nothing_is_told(serve: Serve, endpoint: IngestionEndpoint) -> None:
    async with serve(applicationinsights_connection_string=None) as http:
        assert (await query(http, "SELECT 1")).status_code == 200
    assert endpoint.requests == []
