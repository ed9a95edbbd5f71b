"""What the trail says of the calls of a server, and that without it there are no answers."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from local.asgi_server import serving
from local.tokens import new_key
from shared.audit.strangers import A_MINUTE
from shared.mcp_server import build_app
from tests.audit.instances import client_of, serving_settings
from tests.audit.records import arrived, trail
from tests.conftest import Database
from tests.identity.running_issuer import CLIENT_ID, KIRKLAND, RunningIssuer
from tests.tasks.following import KnowsTasks

pytestmark = pytest.mark.anyio

KIRKLAND_STORE = 7
TRACE = "0af7651916cd43dd8448eb211c80319c"
QUERY = "SELECT order_id FROM retail.orders WHERE order_id <> 4711"


@pytest.fixture(scope="module")
def issuer() -> Iterator[RunningIssuer]:
    issuer = RunningIssuer([new_key()])
    with serving(issuer) as issuer.authority:
        yield issuer


async def call(http: httpx2.AsyncClient, method: str, params: dict[str, Any], **headers: str) -> httpx2.Response:
    return await http.post(
        "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=headers
    )


async def query(http: httpx2.AsyncClient, text: str = QUERY, **headers: str) -> httpx2.Response:
    arguments = {"postgresql_query": text, "max_rows": 5}
    return await call(http, "tools/call", {"name": "execute_sales_query", "arguments": arguments}, **headers)


async def test_each_call_is_a_row_that_says_who_and_what_and_no_word_of_the_callers(
    empty: Database, issuer: RunningIssuer, tmp_path: Path
) -> None:
    app = build_app(serving_settings(empty.app_url, issuer.authority, tmp_path))
    trace = f"00-{TRACE}-b7ad6b7169203331-01"
    async with client_of(app, issuer.mint()) as http:
        answer = await query(http, traceparent=trace)
        await query(http)
        await query(http, "DELETE FROM retail.orders -- 4711")
        await call(http, "tools/call", {"name": "unknown4711", "arguments": {}})
        await call(http, "no/such4711", {})
        await call(http, "resources/read", {"uri": "zava://results/4711"})
        await call(
            http, "resources/read", {"uri": "zava://glossary"}, authorization=f"Bearer {issuer.mint(scp='admin')}"
        )
        await call(http, "tools/list", {}, authorization="Bearer nonsense4711")
        await query(http, **{"x-rls-user-id": str(UUID(int=4711))})
        sealed = b"".join(path.read_bytes() for path in (tmp_path / "spool").iterdir())
        rows = await arrived(empty, 9)
    assert answer.status_code == 200
    assert [(row["method"], row["name"], row["outcome"]) for row in rows] == [
        ("tools/call", "execute_sales_query", "OK"),
        ("tools/call", "execute_sales_query", "OK"),
        ("tools/call", "execute_sales_query", "SQL_NOT_ALLOWED"),
        ("tools/call", None, "-32602"),
        (None, None, "-32601"),
        ("resources/read", "zava://results/{name}", "-32002"),
        ("resources/read", "zava://glossary", "HTTP_403"),
        (None, None, "HTTP_401"),
        (None, None, "HTTP_403"),
    ]
    known = [row for row in rows if row["outcome"] != "HTTP_401"]
    assert {(row["tenant_id"], row["object_id"]) for row in known} == {(KIRKLAND.tenant_id, KIRKLAND.object_id)}
    assert {row["client_id"] for row in known} == {CLIENT_ID}
    first = rows[0]
    assert (first["rows"], first["bytes"], first["trace_id"]) == (5, len(answer.content), TRACE)
    assert first["store_ids"] == [KIRKLAND_STORE]
    assert [row["rows"] for row in rows if row["outcome"].startswith("HTTP_")] == [0, 0, 0]
    assert [row["number"] for row in rows] == list(range(1, 10))
    macs = [row["arguments_mac"] for row in rows[:3]]
    assert macs[0] == macs[1] != macs[2]
    assert b"4711" not in json.dumps(rows, default=str).replace(str(UUID(int=4711)), "").encode() + sealed.replace(
        str(UUID(int=4711)).encode(), b""
    )
    assert not list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize("locked_seconds", [0, 1])
async def test_a_task_is_known_by_the_call_that_it_came_from_and_its_rows_count_where_they_are_given(
    empty: Database, issuer: RunningIssuer, tmp_path: Path, locked_seconds: float
) -> None:
    settings = serving_settings(empty.app_url, issuer.authority, tmp_path)
    app = build_app(replace(settings, task_grace_seconds=0))
    async with (
        client_of(app, issuer.mint()) as http,
        Client(
            streamable_http_client("http://127.0.0.1:7071/mcp", http_client=http), extensions=[KnowsTasks()]
        ) as client,
    ):
        arguments = {"postgresql_query": f"{QUERY} ORDER BY random()", "max_rows": 5}
        calling = asyncio.create_task(client.call_tool("execute_sales_query", arguments))
        with empty.as_superuser() as superuser, superuser.transaction():
            superuser.execute("LOCK TABLE ops.tasks IN SHARE MODE")  # work that ends before the task is there
            await asyncio.sleep(locked_seconds)
        result = await calling
        await arrived(empty, 1, lambda row: (row["method"], row["rows"]) == ("tasks/get", 5))
    assert not result.is_error
    rows = [row for row in trail(empty) if row["task_id"]]
    assert (rows[0]["method"], rows[0]["rows"]) == ("tools/call", 0)
    assert (rows[-1]["method"], rows[-1]["rows"]) == ("tasks/get", 5)
    assert len({row["task_id"] for row in rows}) == 1


async def test_a_flood_of_requests_without_an_identity_is_counted(
    empty: Database, issuer: RunningIssuer, tmp_path: Path
) -> None:
    app = build_app(serving_settings(empty.app_url, issuer.authority, tmp_path))
    async with client_of(app, "nonsense") as http:
        for _ in range(A_MINUTE + 50):
            assert (await call(http, "tools/list", {})).status_code == 401
        assert (await call(http, "tools/list", {}, authorization=f"Bearer {issuer.mint()}")).status_code == 200
        await arrived(empty, A_MINUTE + 1)  # the last one, of how many came beyond a minute's, is written at the end
    rows = trail(empty)
    assert len(rows) == A_MINUTE + 2
    assert sum(row["calls"] for row in rows if row["outcome"] == "HTTP_401") == A_MINUTE + 50
    assert {row["tenant_id"] for row in rows if row["outcome"] == "HTTP_401"} == {None}


async def test_without_a_place_for_records_no_call_is_answered_and_the_server_says_so(
    empty: Database, issuer: RunningIssuer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = serving_settings(empty.app_url, issuer.authority, tmp_path)
    blocked = tmp_path / "blocked"
    blocked.touch()
    app = build_app(replace(settings, audit_spool=str(blocked / "spool")))
    async with client_of(app, issuer.mint()) as http:
        for _ in range(2):
            refused = await query(http)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
            assert refused.json() == {
                "error": "temporarily_unavailable",
                "error_description": "UNAVAILABLE: Calls cannot be recorded, so none is answered. Try again shortly.",
            }
        blocked.unlink()
        assert (await query(http)).status_code == 200
        await arrived(empty, 1)
    assert len(trail(empty)) == 1
    told = [record.getMessage() for record in caplog.records if "audit_spool" in record.getMessage()]
    assert told[:2] == [
        "audit_spool is down: Not a directory",
        "audit_spool is up again",
    ]
