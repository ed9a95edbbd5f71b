"""Schemas, the clock, and who the caller is."""

from datetime import UTC, datetime, timedelta

import pytest
from mcp import MCPError

from shared.invocation import Invocations
from shared.tools.schemas import TableName
from tests.conftest import Database, caller_of
from tests.tools.calls import data_of, fault_of, rows_of, text_of
from tests.tools.conftest import ClientOf

pytestmark = pytest.mark.anyio

ALL_TABLES = list(TableName.__value__.__args__)


async def test_every_table_is_described_as_it_is(client_of: ClientOf, sample: Database) -> None:
    with sample.as_superuser() as superuser:
        columns = superuser.execute(
            "SELECT 'retail.' || table_name, array_agg(column_name::text ORDER BY ordinal_position)"
            " FROM information_schema.columns WHERE table_schema = 'retail' GROUP BY 1"
        ).fetchall()
    async with client_of("kirkland") as client:
        data = await data_of(client, "get_multiple_table_schemas", table_names=ALL_TABLES)
    assert [table["table_name"] for table in data["tables"]] == ALL_TABLES
    described = {table["table_name"]: [column["name"] for column in table["columns"]] for table in data["tables"]}
    assert described == dict(columns)
    assert all(table["description"] and table["primary_key"] and table["joins"] for table in data["tables"])
    assert all(column["description"] for table in data["tables"] for column in table["columns"])


async def test_every_join_path_runs_as_printed(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        data = await data_of(client, "get_multiple_table_schemas", table_names=ALL_TABLES)
        conditions = {join for table in data["tables"] for join in table["joins"]}
        assert len(conditions) == 11
        for condition in conditions:
            tables = {side.split(".")[0] for part in condition.split(" AND ") for side in part.split(" = ")}
            left, right = sorted(tables)
            await rows_of(client, f"SELECT 1 FROM retail.{left} JOIN retail.{right} ON {condition} LIMIT 1")


async def test_short_lists_come_with_their_values(client_of: ClientOf) -> None:
    tables = ["retail.stores", "retail.categories", "retail.orders", "retail.products"]
    async with client_of("kirkland") as client:
        data = await data_of(client, "get_multiple_table_schemas", table_names=tables)
    values = {column["name"]: column["values"] for table in data["tables"] for column in table["columns"]}
    assert "Zava Retail Kirkland" in values["store_name"]
    assert len(values["category_name"]) == 9
    assert values["order_date"][0::2] == ["from", "to"]
    assert values["product_name"] is None


async def test_values_are_the_callers_own(client_of: ClientOf) -> None:
    dates = {}
    for name in ("kirkland", "head-office", "nobody"):
        async with client_of(name) as client:
            data = await data_of(client, "get_multiple_table_schemas", table_names=["retail.orders", "retail.stores"])
            dates[name] = [
                column["values"] for column in data["tables"][0]["columns"] if column["name"] == "order_date"
            ]
            stores = [column["values"] for column in data["tables"][1]["columns"] if column["name"] == "store_name"]
            assert bool(stores[0]) is (name != "nobody")
    assert dates["kirkland"] != dates["head-office"]
    assert dates["nobody"] == [["from", None, "to", None]]


@pytest.mark.parametrize("names", [[], ["orders"], ["retail.nothing"], ["access.principals"], ["retail.orders"] * 21])
async def test_only_known_tables_are_described(client_of: ClientOf, names: list[str]) -> None:
    async with client_of("kirkland") as client:
        assert (await fault_of(client, "get_multiple_table_schemas", table_names=names))["code"] == "VALIDATION_ERROR"


async def test_the_clock_tells_utc(client_of: ClientOf) -> None:
    async with client_of("nobody") as client:
        data = await data_of(client, "get_current_utc_date")
    moment = datetime.fromisoformat(data["utc"])
    assert abs(moment - datetime.now(UTC)) < timedelta(seconds=5)
    assert (data["date"], data["epoch"]) == (moment.date().isoformat(), int(moment.timestamp()))


@pytest.mark.parametrize(
    ("name", "role", "stores"),
    [
        ("kirkland", "store_manager", [7]),
        ("west-region", "regional_manager", [1, 2, 6, 7]),
        ("head-office", "super_admin", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("nobody", None, []),
    ],
)
async def test_a_caller_learns_who_it_is(client_of: ClientOf, name: str, role: str | None, stores: list[int]) -> None:
    async with client_of(name) as client:
        data = await data_of(client, "describe_access")
    assert (data["role"], [store["store_id"] for store in data["stores"]]) == (role, stores)
    assert data["limits"]["max_rows"] == 1000


async def test_the_limits_told_are_the_limits_kept(client_of: ClientOf, invocations: Invocations) -> None:
    async with client_of("kirkland") as client:
        limits = (await data_of(client, "describe_access"))["limits"]
    kept = await invocations.read(caller_of("kirkland"), "SELECT current_setting('statement_timeout')", max_rows=1)
    assert kept.rows == [[f"{limits['statement_seconds']}s"]]


async def test_an_unknown_tool_is_a_protocol_error(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        with pytest.raises(MCPError) as refusal:
            await client.call_tool("no_such_tool", {})
    assert refusal.value.error.code == -32602


async def test_every_tool_says_that_it_only_reads_and_what_it_returns(client_of: ClientOf) -> None:
    async with client_of("head-office") as client:
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == [
        "execute_sales_query",
        "explain_query",
        "semantic_search_products",
        "get_product_recommendations",
        "get_store_performance",
        "analyze_sales",
        "generate_business_insights",
        "get_multiple_table_schemas",
        "describe_access",
        "get_current_utc_date",
        "prove_isolation",
    ]
    for tool in tools:
        assert tool.title
        assert tool.description
        assert tool.output_schema
        assert tool.icons
        assert tool.annotations is not None
        assert tool.annotations.title == tool.title
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.open_world_hint is False
        assert tool.input_schema["additionalProperties"] is False


async def test_text_and_structure_name_the_same_stores(client_of: ClientOf) -> None:
    async with client_of("west-region") as client:
        result = await client.call_tool("describe_access", {})
    assert result.structured_content
    assert all(store["store_name"] in text_of(result) for store in result.structured_content["stores"])
