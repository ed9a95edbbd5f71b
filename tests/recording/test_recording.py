"""What is recorded of a request, however it ends."""

from typing import Any

import httpx2
import pytest

from shared.telemetry.call_record import CallRecord
from tests.conftest import caller_of
from tests.protocol.requests import ACCEPT

pytestmark = pytest.mark.anyio

CLIENTS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HOSTS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def call(http: httpx2.AsyncClient, method: str, params: dict[str, Any], **headers: str) -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return await http.post(
        "/mcp", json=body, headers={**ACCEPT, "mcp-protocol-version": "2025-11-25", **headers}, timeout=30
    )


async def query(http: httpx2.AsyncClient, text: str, **more: Any) -> httpx2.Response:
    arguments = {"postgresql_query": text, "max_rows": 5}
    return await call(http, "tools/call", {"name": "execute_sales_query", "arguments": arguments, **more})


async def test_a_call_says_who_what_how_much_and_where_its_time_went(
    http: httpx2.AsyncClient, records: list[CallRecord]
) -> None:
    response = await query(http, "SELECT order_id FROM retail.orders")
    assert response.status_code == 200
    (record,) = records
    assert (record.method, record.name, record.outcome) == ("tools/call", "execute_sales_query", "OK")
    assert record.caller is not None
    assert record.caller.principal_id == caller_of("kirkland").principal_id
    assert (record.status, record.rows, record.bytes) == (200, 5, len(response.content))
    assert record.parts.keys() == {"authentication", "queue", "guard", "database"}
    assert all(seconds > 0 for seconds in record.parts.values())
    assert sum(record.parts.values()) < record.seconds < 30


async def test_a_refusal_is_recorded_by_its_code(http: httpx2.AsyncClient, records: list[CallRecord]) -> None:
    await query(http, "DELETE FROM retail.orders")
    await query(http, "SELECT nothing FROM retail.orders")
    await call(http, "tools/call", {"name": "prove_isolation", "arguments": {}})
    await call(http, "tools/call", {"name": "no_such_tool" + "!" * 500, "arguments": {}})
    await call(http, "no/such_method", {})
    await http.post("/mcp", content=b"{", headers={**ACCEPT, "content-type": "application/json"})
    assert [(record.outcome, record.status) for record in records] == [
        ("SQL_NOT_ALLOWED", 200),
        ("SQL_ERROR", 200),
        ("HTTP_403", 403),
        ("-32602", 200),
        ("-32601", 200),
        ("HTTP_400", 400),
    ]
    assert len(records[3].name or "") == 200


async def test_who_has_no_identity_is_recorded_as_nobody(http: httpx2.AsyncClient, records: list[CallRecord]) -> None:
    await call(http, "tools/list", {}, authorization="Bearer nonsense")
    (record,) = records
    assert (record.caller, record.method, record.outcome) == (None, None, "HTTP_401")
    assert record.parts.keys() == {"authentication"}


@pytest.mark.parametrize(
    ("clients", "hosts", "recorded"),
    [
        (CLIENTS, HOSTS, CLIENTS),
        (None, HOSTS, HOSTS),
        ("00-" + "0" * 32 + "-b7ad6b7169203331-01", HOSTS, HOSTS),
        (7, HOSTS, HOSTS),
        (None, "nonsense", None),
    ],
)
async def test_the_trace_is_the_clients_else_the_hosts(
    http: httpx2.AsyncClient, records: list[CallRecord], clients: object, hosts: str, recorded: str | None
) -> None:
    meta = {} if clients is None else {"_meta": {"traceparent": clients}}
    await call(http, "tools/list", meta, traceparent=hosts)
    assert [record.trace_parent for record in records] == [recorded]


async def test_a_record_is_there_before_its_answer_has_ended(
    http: httpx2.AsyncClient, records: list[CallRecord]
) -> None:
    """So what keeps records keeps those of all answers that anybody has."""
    async with http.stream(
        "POST",
        "/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}},
        headers={**ACCEPT, "mcp-protocol-version": "2025-11-25"},
    ) as response:
        await response.aread()
        assert len(records) == 1
