"""The server's own refusal, for a call that no HTTP status has stopped."""

from dataclasses import replace

import pytest
from mcp import Client

from shared.identity import current_caller
from shared.invocation import Invocations
from shared.mcp_server import build_server
from shared.scopes import SCOPES
from tests.conftest import caller_of, nobody_embeds
from tests.tools.calls import data_of, fault_of

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
