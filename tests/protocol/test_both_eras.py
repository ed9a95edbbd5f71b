"""The official client of either era gets the caller's own rows through the Functions host."""

import pytest
from mcp import MCPError

from tests.protocol.conftest import Connect
from tests.protocol.requests import ERAS, Era
from tests.tools.calls import data_of, fault_of, rows_of

pytestmark = pytest.mark.anyio

ORDERS = {"kirkland": 2975, "seattle": 54995, "west-region": 99683, "head-office": 197665, "nobody": 0}
STORES = {"kirkland": 1, "seattle": 1, "west-region": 4, "head-office": 8, "nobody": 0}


@pytest.mark.parametrize("era", ERAS)
async def test_each_client_speaks_the_revision_that_it_is_for(connect: Connect, era: Era) -> None:
    async with connect("kirkland", era) as client:
        assert client.protocol_version == {"auto": "2026-07-28", "legacy": "2025-11-25"}[era]
        assert client.server_info is not None
        assert client.server_info.name == "zava-retail"


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("name", ORDERS)
async def test_a_caller_counts_its_own_orders(connect: Connect, name: str, era: Era) -> None:
    async with connect(name, era) as client:
        assert await rows_of(client, "SELECT count(*) FROM retail.orders") == [[ORDERS[name]]]
        assert await rows_of(client, "SELECT count(DISTINCT store_id) FROM retail.orders") == [[STORES[name]]]


@pytest.mark.parametrize("era", ERAS)
async def test_nobody_sees_no_row_of_any_table(connect: Connect, era: Era) -> None:
    async with connect("nobody", era) as client:
        for table in ("stores", "customers", "products", "inventory", "orders", "order_items"):
            assert await rows_of(client, f"SELECT * FROM retail.{table}") == []


@pytest.mark.parametrize("era", ERAS)
async def test_the_forgery_that_defeats_the_original_shows_no_foreign_row(connect: Connect, era: Era) -> None:
    async with connect("head-office", era) as client:
        assert await rows_of(client, "SELECT count(*) FROM retail.orders") == [[197665]]
    for setting in ("app.current_rls_user_id", "app.rls_context"):
        for value in ("00000000-0000-0000-0000-000000000000", "v1|*", ""):
            forgery = (
                f"with x as materialized (select set_config('{setting}','{value}',true) v)"
                " select (select count(*) from retail.orders), v from x"
            )
            async with connect("kirkland", era) as client:
                fault = await fault_of(client, "execute_sales_query", postgresql_query=forgery)
            assert fault["code"] == "SQL_NOT_ALLOWED"


@pytest.mark.parametrize("era", ERAS)
async def test_faults_and_wrong_calls_reach_the_client_as_what_they_are(connect: Connect, era: Era) -> None:
    async with connect("kirkland", era) as client:
        fault = await fault_of(client, "execute_sales_query", postgresql_query="SELECT 1", limt=1)
        assert fault["code"] == "VALIDATION_ERROR"
        fault = await fault_of(client, "execute_sales_query", postgresql_query="DELETE FROM retail.orders")
        assert fault["code"] == "SQL_NOT_ALLOWED"
        with pytest.raises(MCPError) as refusal:
            await client.call_tool("no_such_tool", {})
        assert refusal.value.error.code == -32602
        assert (await data_of(client, "describe_access"))["role"] == "store_manager"


@pytest.mark.parametrize("era", ERAS)
async def test_the_largest_result_arrives_whole(connect: Connect, era: Era) -> None:
    async with connect("head-office", era) as client:
        query = "SELECT * FROM retail.customers ORDER BY customer_id"
        data = await data_of(client, "execute_sales_query", postgresql_query=query, max_rows=1000)
    assert [row[0] for row in data["rows"]] == list(range(1, 1001))
    assert data["truncated"]
