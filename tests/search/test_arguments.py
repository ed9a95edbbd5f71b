"""The bounds of each argument, and what is told who goes beyond."""

from typing import Any

import pytest
from mcp.types import CallToolResult

from shared.identity.caller import current_caller
from shared.protocol.mistakes import ZavaServer
from tests.conftest import caller_of
from tests.search.conftest import ClientOf
from tests.search.searching import TOOL, found_by
from tests.tools.calls import data_of, fault_of, text_of

pytestmark = pytest.mark.anyio

CATEGORIES = (
    "Electrical, Garden & Outdoor, Hand Tools, Hardware, Lumber & Building Materials, Paint & Finishes, Plumbing,"
    " Power Tools, Storage & Organization"
)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"query_description": ""}, "query_description: String should have at least 1 character"),
        ({"query_description": " \n\t\u3000"}, "query_description is empty."),
        ({"query_description": "x" * 1001}, "query_description: String should have at most 1000 characters"),
        ({"query_description": None}, "query_description"),
        ({"query_description": 7}, "query_description"),
        ({"max_rows": 0}, "max_rows: Input should be greater than or equal to 1"),
        ({"max_rows": -1}, "max_rows: Input should be greater than or equal to 1"),
        ({"max_rows": 101}, "max_rows: Input should be less than or equal to 100"),
        ({"max_rows": 2.5}, "max_rows"),
        ({"max_rows": "many"}, "max_rows"),
        ({"similarity_threshold": -1}, "similarity_threshold: Input should be greater than or equal to 0"),
        ({"similarity_threshold": 101}, "similarity_threshold: Input should be less than or equal to 100"),
        ({"mode": "fuzzy"}, "mode: Input should be 'hybrid', 'semantic' or 'keyword'"),
        ({"mode": "KEYWORD"}, "mode: Input should be 'hybrid', 'semantic' or 'keyword'"),
        ({"min_price": -0.01}, "min_price"),
        ({"max_price": 10_000_001}, "max_price"),
        ({"min_price": 20, "max_price": 19.99}, "min_price is above max_price."),
        ({"category": "x" * 201}, "category: String should have at most 200 characters"),
        ({"in_stock_only": "perhaps"}, "in_stock_only"),
        ({"limit": 5}, "limit: Extra inputs are not permitted"),
    ],
)
async def test_what_is_beyond_the_bounds_is_refused_by_name(
    client_of: ClientOf, arguments: dict[str, Any], problem: str
) -> None:
    async with client_of("kirkland") as client:
        fault = await fault_of(client, TOOL, **{"query_description": "hammer", **arguments})
    assert fault["code"] == "VALIDATION_ERROR"
    assert problem in fault["problem"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["similarity_threshold", "min_price", "max_price", "max_rows"])
async def test_what_is_no_number_is_refused(search_server: ZavaServer, name: str, number: float) -> None:
    """By the server itself: this client sends them as null, others as they are."""
    token = current_caller.set(caller_of("kirkland"))
    try:
        result = await search_server.call_tool(TOOL, {"query_description": "hammer", name: number})
    finally:
        current_caller.reset(token)
    assert isinstance(result, CallToolResult)
    assert text_of(result).startswith(f"VALIDATION_ERROR: {name}: Input should be a")


async def test_a_search_for_nothing_in_particular_is_refused(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        assert "query_description: Field required" in (await fault_of(client, TOOL, max_rows=5))["problem"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_rows": 1},
        {"max_rows": 100},
        {"similarity_threshold": 0},
        {"similarity_threshold": 100},
        {"min_price": 0, "max_price": 10_000_000},
        {"min_price": 25, "max_price": 25},
        {"category": None, "min_price": None, "max_price": None},
        {"query_description": "x"},
        {"query_description": "hammer" + " " * 994},
    ],
)
async def test_the_bounds_themselves_are_allowed(client_of: ClientOf, arguments: dict[str, Any]) -> None:
    async with client_of("kirkland") as client:
        await data_of(client, TOOL, **{"query_description": "hammer", **arguments})


@pytest.mark.parametrize("category", ["Plumming", "", " ", "%", "Plumbing; --", "1"])
@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
async def test_an_unknown_category_is_answered_with_the_known_ones(
    client_of: ClientOf, category: str, mode: str
) -> None:
    async with client_of("kirkland") as client:
        fault = await fault_of(client, TOOL, query_description="hammer", category=category, mode=mode)
    assert (fault["code"], fault["problem"]) == ("VALIDATION_ERROR", "There is no such category.")
    assert fault["remedy"] == f"Use one of: {CATEGORIES}."


async def test_a_known_category_without_a_hit_is_no_mistake(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        assert await found_by(client, "faucet", category="power TOOLS", mode="keyword") == []
