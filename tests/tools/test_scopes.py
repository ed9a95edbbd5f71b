"""The server's own refusal, for a call that no HTTP status has stopped."""

from collections.abc import Awaitable
from dataclasses import replace

import pytest
from mcp import Client, MCPError
from mcp.server.mcpserver.prompts import Prompt
from mcp.types import PromptReference, ResourceTemplateReference

from shared.chart_page import CHART_URI
from shared.identity.caller import current_caller
from shared.identity.scopes import SCOPES
from shared.invocation import Invocations
from shared.mcp_server import build_server
from shared.vault import Secret
from tests.conftest import KEY, Database, caller_of, nobody_embeds, open_invocations
from tests.tools.calls import data_of, fault_of
from tests.tools.conftest import client_over

pytestmark = pytest.mark.anyio

HEAD_OFFICE = caller_of("head-office")


async def test_every_tool_has_a_scope_without_which_it_is_neither_listed_nor_called(invocations: Invocations) -> None:
    server = build_server(invocations, nobody_embeds())
    token = current_caller.set(HEAD_OFFICE)
    try:
        needed = {tool.name: (tool.meta or {})["zava/scope"] for tool in await server.list_tools()}
        assert set(needed.values()) == SCOPES
        for scope in SCOPES:
            current_caller.set(replace(HEAD_OFFICE, scopes=SCOPES - {scope}))
            async with Client(server) as client:
                listed = {tool.name for tool in (await client.list_tools()).tools}
                assert listed == {name for name, other in needed.items() if other != scope}
                for name in needed.keys() - listed:
                    fault = await fault_of(client, name)
                    assert (fault["code"], scope in fault["problem"]) == ("AUTHORIZATION_ERROR", True)
                if scope != "catalog.read":
                    await data_of(client, "get_current_utc_date")
    finally:
        current_caller.reset(token)


async def test_prompts_and_resources_open_with_all_their_scopes_and_no_fewer(invocations: Invocations) -> None:
    for scopes in ({"sales.read", "admin"}, {"catalog.read", "admin"}, {"sales.read"}, {"catalog.read"}, {"admin"}):
        caller = replace(HEAD_OFFICE, scopes=frozenset(scopes))
        may_read = "catalog.read" in scopes
        async with client_over(invocations, caller) as client:
            assert (await client.list_prompts()).prompts == []
            resources = {resource.uri for resource in (await client.list_resources()).resources}
            assert (CHART_URI in resources, len(resources) > 1) == (True, may_read)
            templates = {each.uri_template for each in (await client.list_resource_templates()).resource_templates}
            assert ("zava://schema/{table}" in templates, "zava://results/{name}" in templates) == (
                may_read,
                "sales.read" in scopes,
            )
            store, table = {"name": "store", "value": ""}, {"name": "table", "value": ""}
            review = PromptReference(type="ref/prompt", name="inventory_check")
            schema = ResourceTemplateReference(type="ref/resource", uri="zava://schema/{table}")
            await refused(client.get_prompt("inventory_check", {"store": "7"}), "sales.read catalog.read")
            await refused(client.complete(review, store), "sales.read catalog.read")
            for reading in (client.read_resource("zava://schema/retail.orders"), client.complete(schema, table)):
                if may_read:
                    await reading
                else:
                    await refused(reading, "catalog.read")


async def test_who_may_and_cannot_now_is_told_when_to_come_back(sample: Database) -> None:
    unknown = Secret("rls-signing-key", KEY.value, "a-key-that-the-database-does-not-know")
    review = PromptReference(type="ref/prompt", name="inventory_check")
    async with open_invocations(sample.app_url, unknown) as door, client_over(door, HEAD_OFFICE) as client:
        for asking in (
            client.get_prompt("inventory_check", {"store": "7"}),
            client.read_resource("zava://stores"),
            client.read_resource("zava://schema/retail.orders"),
            client.complete(review, {"name": "store", "value": ""}),
        ):
            with pytest.raises(MCPError) as refusal:
                await asking
            assert refusal.value.error.code == -32603
            assert refusal.value.error.message.startswith("UNAVAILABLE: ")
            assert refusal.value.error.data["zava/error"]["retry_after"] == 30


async def refused(asking: Awaitable[object], scopes: str) -> None:
    with pytest.raises(MCPError) as refusal:
        await asking
    assert refusal.value.error.code == -32602
    assert f"with the scope {scopes}." in refusal.value.error.message


async def test_a_prompt_without_scopes_cannot_be_added(invocations: Invocations) -> None:
    server = build_server(invocations, nobody_embeds())
    with pytest.raises(TypeError, match="open_to_all has no scope"):
        server.add_prompt(Prompt.from_function(lambda: "Hello", "open_to_all"))


async def test_what_is_added_without_a_scope_is_a_mistake_for_everybody(invocations: Invocations) -> None:
    server = build_server(invocations, nobody_embeds())
    server.resource("test://open", name="open")(lambda: "Hello")
    token = current_caller.set(HEAD_OFFICE)
    try:
        for asking in (server.list_resources(), server.read_resource("test://open")):
            with pytest.raises(KeyError):
                await asking
    finally:
        current_caller.reset(token)
