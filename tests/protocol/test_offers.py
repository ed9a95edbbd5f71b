"""Prompts, resources and completions as clients of a running stack have them, in both eras, and what a token opens."""

import json
from typing import Any

import httpx2
import pytest
from mcp.types import PromptReference, TextContent, TextResourceContents

from local.people import LOCAL_AUDIENCE
from tests.protocol.conftest import Connect
from tests.protocol.requests import ERAS, Era
from tests.protocol.test_authorization import challenged
from tests.protocol.tokens import bearer
from tests.protocol.wire import REVISIONS, Revision, Wire
from tests.stack import RunningStack

STORES = {"kirkland": [7], "west-region": [1, 2, 6, 7], "head-office": [1, 2, 3, 4, 5, 6, 7, 8], "nobody": []}
REVIEW = {"name": "weekly_store_review", "arguments": {"store": "kirkland"}}
TYPING = {"name": "store", "value": "k"}
OPENED: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "a prompt": ("prompts/get", REVIEW, ["sales.read", "catalog.read"]),
    "a resource": ("resources/read", {"uri": "zava://stores"}, ["catalog.read"]),
    "a table": ("resources/read", {"uri": "zava://schema/retail.orders"}, ["catalog.read"]),
    "a prompt's argument": (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "weekly_store_review"}, "argument": TYPING},
        ["sales.read", "catalog.read"],
    ),
    "a template's variable": (
        "completion/complete",
        {"ref": {"type": "ref/resource", "uri": "zava://schema/{table}"}, "argument": {"name": "table", "value": ""}},
        ["catalog.read"],
    ),
}
"""Method, parameters, and the scopes that it needs."""


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("name", STORES)
async def test_a_caller_reads_and_completes_its_own_stores(connect: Connect, name: str, era: Era) -> None:
    async with connect(name, era) as client:
        (contents,) = (await client.read_resource("zava://stores")).contents
        assert isinstance(contents, TextResourceContents)
        stores = json.loads(contents.text)
        assert [store["store_id"] for store in stores] == STORES[name]
        ref = PromptReference(type="ref/prompt", name="inventory_check")
        completion = (await client.complete(ref, {"name": "store", "value": ""})).completion
        assert completion.values == [store["store_name"] for store in stores]
        assert (completion.total, completion.has_more) == (len(stores), False)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_a_prompt_comes_with_its_arguments_in_it(connect: Connect, era: Era) -> None:
    async with connect("west-region", era) as client:
        (message,) = (await client.get_prompt("weekly_store_review", {"store": "kirk", "week": "2025-W46"})).messages
    assert isinstance(message.content, TextContent)
    assert 'Store: "Zava Retail Kirkland" (number 7). Period: "2025-11-10/2025-11-16".' in message.content.text


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("what", OPENED)
def test_what_a_token_does_not_open_is_a_403_with_all_the_scopes_to_ask_for(
    stack: RunningStack, http: httpx2.Client, what: str, revision: Revision
) -> None:
    method, params, scopes = OPENED[what]
    wanted = " ".join(f"{LOCAL_AUDIENCE}/{scope}" for scope in scopes)
    for lacking in scopes:
        others = [scope for scope in ("sales.read", "catalog.read", "admin") if scope != lacking]
        refusal = Wire(http, bearer(stack, scopes=others), revision).ask(method, params)
        assert challenged(refusal, stack) == wanted
    opened = Wire(http, bearer(stack, scopes=scopes), revision).ask(method, params)
    assert opened.status == 200
    assert opened.result


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_lists_are_what_the_token_opens(stack: RunningStack, http: httpx2.Client, revision: Revision) -> None:
    for granted, counts in (
        (["sales.read"], (0, 1, 1)),  # the chart, which holds no data
        (["catalog.read"], (0, 4, 1)),
        (["admin"], (0, 1, 0)),
        (["catalog.read", "sales.read"], (6, 4, 2)),
    ):
        wire = Wire(http, bearer(stack, scopes=granted), revision)
        listed = [wire.ask(method).result for method in ("prompts/list", "resources/list", "resources/templates/list")]
        names = ("prompts", "resources", "resourceTemplates")
        assert tuple(len(result[name]) for result, name in zip(listed, names, strict=True)) == counts


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_store_that_a_call_is_narrowed_to_is_all_that_it_reads_of(
    stack: RunningStack, http: httpx2.Client, revision: Revision
) -> None:
    with stack.connect("OWNER_DATABASE_URL") as owner:
        row = owner.execute("SELECT rls_user_id FROM retail.stores WHERE store_id = 2").fetchone()
    assert row
    narrowed = Wire(http, stack.headers("west-region") | {"x-rls-user-id": str(row[0])}, revision)
    read = narrowed.ask("resources/read", {"uri": "zava://stores"}).result
    assert [store["store_id"] for store in json.loads(read["contents"][0]["text"])] == [2]
    method, params, _ = OPENED["a prompt's argument"]
    assert narrowed.ask(method, params).result["completion"]["values"] == []
    assert narrowed.ask("prompts/get", REVIEW).error["code"] == -32602
