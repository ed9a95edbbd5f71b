"""What a token's scopes open, by either era, and how a client learns which one it lacks."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from mcp.client.auth.utils import (
    extract_field_from_www_auth,
    extract_resource_metadata_from_www_auth,
    extract_scope_from_www_auth,
)

from local.people import LOCAL_AUDIENCE, PEOPLE
from shared.identity.scopes import SCOPES
from tests.protocol.requests import ACCEPT, call
from tests.protocol.tokens import bearer
from tests.protocol.wire import MODERN, REVISIONS, Answer, Revision, Wire
from tests.stack import RunningStack

HEAD_OFFICE = {"object_id": PEOPLE["head-office"].object_id}
NEEDED = {
    "execute_sales_query": "sales.read",
    "explain_query": "sales.read",
    "semantic_search_products": "catalog.read",
    "get_product_recommendations": "sales.read",
    "get_store_performance": "sales.read",
    "analyze_sales": "sales.read",
    "generate_business_insights": "sales.read",
    "get_multiple_table_schemas": "catalog.read",
    "describe_access": "catalog.read",
    "get_current_utc_date": "catalog.read",
    "prove_isolation": "admin",
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "execute_sales_query": {"postgresql_query": "SELECT 1"},
    "explain_query": {"postgresql_query": "SELECT 1"},
    "semantic_search_products": {"query_description": "a hammer"},
    "get_product_recommendations": {"recommendation_type": "similar_products", "product_id": 1},
    "get_store_performance": {"store": "Kirkland"},
    "analyze_sales": {"report": "daily_sales"},
    "generate_business_insights": {"kind": "summary"},
    "get_multiple_table_schemas": {"table_names": ["retail.categories"]},
}
PROVE: dict[str, Any] = {"name": "prove_isolation", "arguments": {}}
USUAL = "api://zava-retail-mcp/sales.read api://zava-retail-mcp/catalog.read"
LIKE_OURS = [
    *("user_impersonation", "mcp.access", ".default", "SALES.READ", "sales.read.all", "sales", "*", "zava/scope"),
    *("sales.read,catalog.read", f"{LOCAL_AUDIENCE}/sales.read", "super_admin"),
]
KINDS: dict[str, Callable[..., dict[str, object]]] = {
    "a user's token": lambda *scopes: {"scopes": scopes, "roles": ["super_admin"]},
    "a user's token, whatever the user's roles": lambda *scopes: {"scopes": scopes, "roles": [*SCOPES]},
    "an application's token": lambda *scopes: {"scopes": (), "roles": [*scopes, "super_admin"]},
}


def ask(http: httpx2.Client, revision: Revision, authorization: dict[str, str], method: str, **params: Any) -> Answer:
    return Wire(http, authorization, revision).ask(method, params)


def challenged(answer: Answer, stack: RunningStack) -> str:
    """The scopes that a refused client is told to ask for, as the official client reads them."""
    response = answer.response
    assert response.status_code == 403, response.text
    assert extract_field_from_www_auth(response, "error") == response.json()["error"] == "insufficient_scope"
    metadata_url = f"{stack.base}/.well-known/oauth-protected-resource/mcp"
    assert extract_resource_metadata_from_www_auth(response) == metadata_url
    assert "result" not in response.json()
    return extract_scope_from_www_auth(response) or ""


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_tool_opens_with_its_scope_and_with_no_other(
    stack: RunningStack, http: httpx2.Client, kind: str, revision: Revision
) -> None:
    for tool, scope in NEEDED.items():
        params = {"name": tool, "arguments": ARGUMENTS.get(tool, {})}
        others = bearer(stack, **HEAD_OFFICE, **KINDS[kind](*(SCOPES - {scope})))
        refusal = ask(http, revision, others, "tools/call", **params)
        assert challenged(refusal, stack) == f"{LOCAL_AUDIENCE}/{scope}", tool
        opened = ask(http, revision, bearer(stack, **HEAD_OFFICE, **KINDS[kind](scope)), "tools/call", **params)
        assert opened.status == 200, tool
        assert not opened.result.get("isError"), opened.result


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_list_of_tools_is_what_the_token_opens(
    stack: RunningStack, http: httpx2.Client, kind: str, revision: Revision
) -> None:
    for granted in (["sales.read"], ["catalog.read", "sales.read"], ["admin"], [*SCOPES, "another"]):
        listed = ask(http, revision, bearer(stack, **KINDS[kind](*granted)), "tools/list").result
        assert [tool["name"] for tool in listed["tools"]] == [
            name for name, needed in NEEDED.items() if needed in granted
        ]
        assert listed.get("cacheScope") == ("private" if revision == MODERN else None)


@pytest.mark.parametrize("revision", REVISIONS)
def test_without_any_scope_of_ours_nothing_opens(stack: RunningStack, http: httpx2.Client, revision: Revision) -> None:
    for changes in ({"scopes": LIKE_OURS}, {"scopes": (), "roles": LIKE_OURS}, {"scp": "", "roles": [*SCOPES]}):
        for method in ("tools/list", "ping", "server/discover", "initialize", "no/such/method"):
            assert challenged(ask(http, revision, bearer(stack, **changes), method), stack) == USUAL
        query = {"name": "execute_sales_query", "arguments": ARGUMENTS["execute_sales_query"]}
        refusal = ask(http, revision, bearer(stack, **changes), "tools/call", **query)
        assert challenged(refusal, stack) == f"{LOCAL_AUDIENCE}/sales.read"


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_unknown_tool_is_unknown_to_everybody(stack: RunningStack, http: httpx2.Client, revision: Revision) -> None:
    answer = ask(http, revision, bearer(stack), "tools/call", name="no_such_tool", arguments={})
    assert answer.error["code"] == -32602


@pytest.mark.parametrize(
    "claimed",
    [
        {"mcp_method": "tools/call", "mcp_name": "get_current_utc_date"},
        {"mcp_method": "tools/list"},
        {"mcp_method": "ping", "mcp_name": "prove_isolation"},
    ],
)
@pytest.mark.parametrize("revision", REVISIONS)
def test_the_body_counts_and_not_what_headers_say_of_it(
    stack: RunningStack, http: httpx2.Client, revision: Revision, claimed: dict[str, str]
) -> None:
    refusal = Wire(http, bearer(stack), revision).ask("tools/call", PROVE, **claimed)
    assert challenged(refusal, stack) == f"{LOCAL_AUDIENCE}/admin"


CALL = json.dumps(call("prove_isolation"))
NEAR_CALLS: dict[str, tuple[bytes, int]] = {
    "the name twice": (CALL.replace('"name"', '"name": "get_current_utc_date", "name"').encode(), 403),
    "the name in escapes": (CALL.replace('"name"', '"n\\u0061me"').replace("prove", "\\u0070rove").encode(), 403),
    "spaces around": (f"\n\t {CALL} \r\n".encode(), 403),
    "without an id": (CALL.replace('"id"', '"no"').encode(), 403),
    "in a batch": (f"[{CALL}]".encode(), 400),
    "the method in a list": (CALL.replace('"tools/call"', '["tools/call"]').encode(), 400),
    "the name in a list": (CALL.replace('"prove_isolation"', '["prove_isolation"]').encode(), 200),
    "params in a list": (CALL.replace('"params": {', '"params": [{').replace("}}", "}}]").encode(), 400),
    "another spelling": (CALL.replace("tools/call", "Tools/Call").encode(), 200),
    "cut off": (CALL[:-1].encode(), 400),
    "not JSON": (b"prove_isolation", 400),
    "deep": (b'{"a":' * 100_000, 400),
    "a long number": (CALL.replace('"id": 1', f'"id": 1{"0" * 5_000}').encode(), 400),
    "no body": (b"", 400),
}


@pytest.mark.parametrize(("body", "status"), NEAR_CALLS.values(), ids=NEAR_CALLS.keys())
def test_no_shape_of_the_body_goes_around(stack: RunningStack, http: httpx2.Client, body: bytes, status: int) -> None:
    headers = {**ACCEPT, **bearer(stack, **HEAD_OFFICE), "content-type": "application/json"}
    response = http.post("/mcp", headers=headers, content=body)
    assert response.status_code == status, response.text
    assert "canaries" not in response.text  # one of the proof's checks


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("revision", REVISIONS)
def test_no_encoding_of_the_body_goes_around(
    stack: RunningStack, http: httpx2.Client, revision: Revision, encoding: str
) -> None:
    wire, asked = Wire(http, bearer(stack, **HEAD_OFFICE), revision), ("tools/call", PROVE)
    answer = wire.send(json.dumps(wire.body(*asked)).encode(encoding), **wire.headers(*asked))
    assert challenged(answer, stack) == f"{LOCAL_AUDIENCE}/admin"


def test_without_the_scope_for_rows_a_schema_tells_nothing_of_rows(stack: RunningStack, http: httpx2.Client) -> None:
    params: dict[str, Any] = {"name": "get_multiple_table_schemas", "arguments": {"table_names": ["retail.orders"]}}
    for scopes, told in ((["catalog.read"], None), (["catalog.read", "sales.read"], "from")):
        answer = ask(http, MODERN, bearer(stack, scopes=scopes), "tools/call", **params).result
        columns = {column["name"]: column for column in answer["structuredContent"]["tables"][0]["columns"]}
        assert (columns["order_date"]["values"] or [None])[0] == told
