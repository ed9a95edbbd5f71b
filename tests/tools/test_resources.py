"""Resources: the tables, the caller's stores and the glossary, for callers with few rows, many and none."""

import json
import re

import pytest
from mcp import Client, MCPError
from mcp.types import Resource, ResourceTemplate, TextResourceContents

from shared.chart_page import CHART_URI
from shared.invocation import Invocations
from shared.resources.glossary import glossary
from shared.tools.schemas import TABLE_NAMES
from tests.conftest import Database, caller_of
from tests.tools.calls import data_of, rows_of, text_of
from tests.tools.conftest import ClientOf, client_over

pytestmark = pytest.mark.anyio

STORES = {"kirkland": [7], "west-region": [1, 2, 6, 7], "head-office": [1, 2, 3, 4, 5, 6, 7, 8], "nobody": []}
BLOCKS = re.findall(r"^```sql (\w+)\n(.*?)^```", glossary(), re.MULTILINE | re.DOTALL)
FROM = next(text for kind, text in BLOCKS if kind == "from")


async def read(client: Client, uri: str) -> str:
    (contents,) = (await client.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.uri == uri
    return contents.text


async def test_every_resource_says_what_it_is(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        listed = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
        for resource in listed:
            (contents,) = (await client.read_resource(resource.uri)).contents
            assert contents.mime_type == resource.mime_type
            assert isinstance(contents, TextResourceContents)
            assert resource.size in (None, len(contents.text.encode()))
    chart, *read_by_models = listed
    assert chart.uri == CHART_URI
    assert [resource.uri for resource in read_by_models] == ["zava://schema", "zava://stores", "zava://glossary"]
    assert [template.uri_template for template in templates] == ["zava://schema/{table}", "zava://results/{name}"]
    assert read_by_models[2].size
    offered: list[Resource | ResourceTemplate] = [*listed, *templates]
    for each in offered:
        assert each.title
        assert each.description
        assert each.icons
        assert each.annotations is not None
        assert each.annotations.audience == (["user"] if each is chart else ["user", "assistant"])
        assert each.annotations.priority


@pytest.mark.parametrize("name", STORES)
async def test_the_stores_are_the_callers_own(client_of: ClientOf, name: str) -> None:
    async with client_of(name) as client:
        stores = json.loads(await read(client, "zava://stores"))
        told = (await data_of(client, "describe_access"))["stores"]
    assert [store["store_id"] for store in stores] == STORES[name]
    assert stores == [{key: store[key] for key in ("store_id", "store_name", "is_online")} for store in told]


async def test_a_narrowed_caller_reads_one_store(invocations: Invocations, sample: Database) -> None:
    with sample.as_superuser() as superuser:
        row = superuser.execute("SELECT rls_user_id FROM retail.stores WHERE store_id = 2").fetchone()
    assert row
    async with client_over(invocations, caller_of("west-region", row[0])) as client:
        assert [store["store_id"] for store in json.loads(await read(client, "zava://stores"))] == [2]


@pytest.mark.parametrize("table", TABLE_NAMES)
async def test_one_table_reads_as_the_tool_tells_it(client_of: ClientOf, table: str) -> None:
    async with client_of("west-region") as client:
        told = await client.call_tool("get_multiple_table_schemas", {"table_names": [table]})
        assert await read(client, f"zava://schema/{table}") == text_of(told)


async def test_all_tables_are_on_one_page_with_every_join(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        page = await read(client, "zava://schema")
        data = await data_of(client, "get_multiple_table_schemas", table_names=list(TABLE_NAMES))
    for table in data["tables"]:
        assert f"{table['table_name']} ({', '.join(table['primary_key'])}): {table['description']}\n" in page
        assert all(f"{join}\n" in page for join in table["joins"])


async def test_who_sees_no_row_reads_tables_without_values(client_of: ClientOf) -> None:
    async with client_of("nobody") as client:
        assert "Zava Retail Tacoma" not in await read(client, "zava://schema/retail.stores")
    async with client_of("kirkland") as client:
        assert "Zava Retail Tacoma" in await read(client, "zava://schema/retail.stores")


@pytest.mark.parametrize(
    "table", ["orders", "retail.nothing", "access.principals", "retail.orders%00", "..%2F..", "RETAIL.ORDERS"]
)
async def test_an_unknown_table_is_no_resource(client_of: ClientOf, table: str) -> None:
    uri = f"zava://schema/{table}"
    async with client_of("head-office") as client:
        with pytest.raises(MCPError) as refusal:
            await client.read_resource(uri)
    assert (refusal.value.error.code, refusal.value.error.data) == (-32602, {"uri": uri})


@pytest.mark.parametrize(("kind", "sql"), BLOCKS)
async def test_every_sql_of_the_glossary_runs(client_of: ClientOf, kind: str, sql: str) -> None:
    query = {
        "from": f"SELECT count(*) {sql}",
        "measure": f"SELECT {sql} AS measure {FROM} WHERE o.order_date >= DATE '2025-01-01'",
        "group": f"SELECT {sql} AS period, sum(i.total_amount) {FROM} GROUP BY 1 ORDER BY 1 LIMIT 5",
        "query": sql,
    }[kind]
    async with client_of("kirkland") as client:
        rows = await rows_of(client, query)
    assert rows
    assert rows[0][-1] is not None


async def test_the_glossarys_measures_fit_each_other(client_of: ClientOf) -> None:
    measures = [sql for kind, sql in BLOCKS if kind == "measure"]
    async with client_of("kirkland") as client:
        ((*values,),) = await rows_of(client, f"SELECT {', '.join(measures)} {FROM}")
    revenue, gross, discount, discount_rate, pieces, orders, basket, size, goods, margin, margin_rate, buyers = map(
        float, values
    )
    assert gross - discount == pytest.approx(revenue, abs=0.01)
    assert revenue - goods == pytest.approx(margin, abs=0.01)
    assert (discount_rate, basket, size, margin_rate) == pytest.approx(
        (100 * discount / gross, revenue / orders, pieces / orders, 100 * margin / revenue), abs=0.006
    )
    assert orders == 2975
    assert 0 < buyers < orders
