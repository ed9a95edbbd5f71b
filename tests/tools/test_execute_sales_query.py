"""Free queries: what comes back, what is refused, and how."""

import pytest

from tests.tools.calls import data_of, fault_of, rows_of, text_of
from tests.tools.conftest import ClientOf

pytestmark = pytest.mark.anyio

ORDERS = {"kirkland": 2975, "seattle": 54995, "west-region": 99683, "head-office": 197665, "nobody": 0}


@pytest.mark.parametrize("name", ORDERS)
async def test_a_count_is_the_callers_own(client_of: ClientOf, name: str) -> None:
    async with client_of(name) as client:
        assert await rows_of(client, "SELECT count(*) FROM retail.orders") == [[ORDERS[name]]]


async def test_after_head_office_kirkland_sees_its_own_on_the_same_connection(client_of: ClientOf) -> None:
    for name in ("head-office", "kirkland", "head-office", "nobody"):
        async with client_of(name) as client:
            assert await rows_of(client, "SELECT count(*) FROM retail.orders") == [[ORDERS[name]]]


async def test_a_result_has_columns_types_rows_and_csv(client_of: ClientOf) -> None:
    query = "SELECT store_id, store_name FROM retail.stores WHERE store_id > 6 ORDER BY 1"
    async with client_of("kirkland") as client:
        result = await client.call_tool("execute_sales_query", {"postgresql_query": query})
    assert result.structured_content == {
        "columns": [{"name": "store_id", "type": "integer"}, {"name": "store_name", "type": "text"}],
        "rows": [[7, "Zava Retail Kirkland"], [8, "Zava Retail Online"]],
        "row_count": 2,
        "truncated": False,
        "next_cursor": None,
        "note": None,
    }
    assert text_of(result) == "store_id,store_name\n7,Zava Retail Kirkland\n8,Zava Retail Online\n"


@pytest.mark.parametrize(
    ("expression", "type_name", "value"),
    [
        ("42", "integer", 42),
        ("9223372036854775807", "bigint", 9223372036854775807),
        ("12.50::numeric(10,2)", "numeric", 12.5),
        ("12::numeric", "numeric", 12),
        ("1e30::numeric", "numeric", "1" + "0" * 30),
        ("1e400::numeric + 0.5", "numeric", "1" + "0" * 400 + ".5"),
        ("'NaN'::numeric", "numeric", "NaN"),
        ("1.5::float8", "double precision", 1.5),
        ("'-Infinity'::float8", "double precision", "-Infinity"),
        ("true", "boolean", True),
        ("NULL::integer", "integer", None),
        ("DATE '2024-02-29'", "date", "2024-02-29"),
        ("TIMESTAMPTZ '2024-02-29 23:30:00-08'", "timestamp with time zone", "2024-03-01T07:30:00+00"),
        ("INTERVAL '1 day 2 hours'", "interval", "P1DT2H"),
        ("'a'::text", "text", "a"),
        ("'\\x00ff'::bytea", "bytea", "\\x00ff"),
        ("ARRAY[1, NULL, 3]", "integer[]", [1, None, 3]),
        ("ARRAY[1.5, 2]", "numeric[]", [1.5, 2]),
        ("ARRAY[DATE '2024-01-01']", "date[]", ["2024-01-01"]),
        ("'{\"a\": [1, null]}'::jsonb", "jsonb", {"a": [1, None]}),
        ("'\"\\ud83d\"'::json", "json", '"\\ud83d"'),
        ("'1e400'::json", "json", "1e400"),
        ("'\"\\ud83d\\ude00\"'::json", "json", "😀"),
        ("(repeat('[', 500) || repeat(']', 500))::json", "json", "[" * 500 + "]" * 500),
        ("('1' || repeat('0', 5000))::json", "json", "1" + "0" * 5000),
        ("'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", "uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("int4range(1, 5)", "int4range", "[1,5)"),
        ("'[1,2]'::extensions.vector", "vector", "[1,2]"),
    ],
)
async def test_a_value_becomes_json(client_of: ClientOf, expression: str, type_name: str, value: object) -> None:
    async with client_of("kirkland") as client:
        data = await data_of(client, "execute_sales_query", postgresql_query=f"SELECT {expression} AS it")
    assert (data["columns"], data["rows"]) == ([{"name": "it", "type": type_name}], [[value]])


async def test_the_text_says_lists_objects_and_booleans_as_json(client_of: ClientOf) -> None:
    query = 'SELECT true AS a, ARRAY[1, NULL] AS b, \'{"k": "é"}\'::jsonb AS c, NULL AS d'
    async with client_of("kirkland") as client:
        result = await client.call_tool("execute_sales_query", {"postgresql_query": query})
    assert text_of(result) == 'a,b,c,d\ntrue,"[1, null]","{""k"": ""é""}",\n'


async def test_columns_may_share_a_name(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        data = await data_of(client, "execute_sales_query", postgresql_query="SELECT 1 AS a, 2 AS a")
    assert [column["name"] for column in data["columns"]] == ["a", "a"]
    assert data["rows"] == [[1, 2]]


@pytest.mark.parametrize(("asked", "returned"), [(None, 100), (1, 1), (1000, 1000)])
async def test_rows_are_capped_and_the_cut_is_told(client_of: ClientOf, asked: int | None, returned: int) -> None:
    arguments = {} if asked is None else {"max_rows": asked}
    query = "SELECT order_id FROM retail.orders ORDER BY order_id"
    async with client_of("kirkland") as client:
        data = await data_of(client, "execute_sales_query", postgresql_query=query, **arguments)
        assert (len(data["rows"]), data["row_count"], data["truncated"]) == (returned, returned, True)
        exactly = await data_of(
            client, "execute_sales_query", postgresql_query=f"{query} LIMIT {returned}", **arguments
        )
        assert (exactly["row_count"], exactly["truncated"]) == (returned, False)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"postgresql_query": ""},
        {"postgresql_query": 5},
        {"postgresql_query": "SELECT 1" + " " * 100_000},
        {"postgresql_query": "SELECT 1", "max_rows": 0},
        {"postgresql_query": "SELECT 1", "max_rows": -1},
        {"postgresql_query": "SELECT 1", "max_rows": 1001},
        {"postgresql_query": "SELECT 1", "max_rows": "many"},
        {"postgresql_query": "SELECT 1", "limt": 1},
    ],
)
async def test_wrong_arguments_are_refused_with_a_reason(client_of: ClientOf, arguments: dict[str, object]) -> None:
    async with client_of("kirkland") as client:
        fault = await fault_of(client, "execute_sales_query", **arguments)
    assert fault["code"] == "VALIDATION_ERROR"
    assert fault["problem"]
    assert fault["remedy"]


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO retail.categories (category_name) VALUES ('x')",
        "UPDATE retail.orders SET order_date = now()",
        "DELETE FROM retail.orders",
        "TRUNCATE retail.orders",
        "DROP TABLE retail.orders",
        "CREATE TABLE t (i integer)",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE retail.orders",
        "SELECT 1; ROLLBACK; SELECT 2",
        "COMMIT",
        "SET ROLE zava_owner",
        "SELECT * INTO t FROM retail.orders",
        "SELECT * FROM retail.orders FOR UPDATE",
        "SELECT * FROM retail.stores FOR SHARE",
        "WITH d AS (DELETE FROM retail.orders RETURNING 1) SELECT * FROM d",
        "COPY retail.orders TO STDOUT",
        "EXPLAIN SELECT 1",
        "DO $$ BEGIN END $$",
        "VACUUM",
    ],
)
async def test_anything_but_one_select_is_refused(client_of: ClientOf, query: str) -> None:
    async with client_of("head-office") as client:
        fault = await fault_of(client, "execute_sales_query", postgresql_query=query)
        assert fault["code"] == "SQL_NOT_ALLOWED", fault
        assert await rows_of(client, "SELECT count(*) FROM retail.orders") == [[197665]]


@pytest.mark.parametrize(
    "query",
    [
        "WITH o AS (SELECT store_id FROM retail.orders) SELECT DISTINCT store_id FROM o",
        "TABLE retail.stores",
        "VALUES (1, 'a'), (2, 'b')",
        "(SELECT 1)",
        "SELECT 1;",
        "SELECT 'it''s; DROP TABLE x; --' AS literal /* a comment; */ -- and another",
        "SELECT count(*) FILTER (WHERE product_name LIKE '%Hammer%') FROM products",
        "SELECT 5 % 3, '100%', '%s %(name)s'",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n",
        "SELECT store_id, rank() OVER (ORDER BY count(*) DESC) FROM retail.orders GROUP BY ROLLUP (store_id)",
        "SELECT s.store_name, o.* FROM stores s, LATERAL (SELECT max(order_date) FROM orders"
        " WHERE store_id = s.store_id) o",
    ],
)
async def test_every_form_of_select_runs(client_of: ClientOf, query: str) -> None:
    async with client_of("kirkland") as client:
        assert await rows_of(client, query)


@pytest.mark.parametrize(
    ("query", "sqlstate", "position"),
    [
        ("SELECT nothing FROM retail.orders", "42703", 8),
        ("SELECT * FROM order", "42601", 15),
        ("SELECT * FROM retail.ordres", "42P01", 15),
        ("SELECT 1/0", "22012", None),
        ("SELECT 'x'::integer", "22P02", 8),
        ("SELECT 1 --\0 hidden", "22021", 12),
        ("SELECT 1 +", "42601", 11),
    ],
)
async def test_a_sql_error_says_where(client_of: ClientOf, query: str, sqlstate: str, position: int | None) -> None:
    async with client_of("kirkland") as client:
        fault = await fault_of(client, "execute_sales_query", postgresql_query=query)
    assert (fault["code"], fault["sqlstate"], fault["position"]) == ("SQL_ERROR", sqlstate, position)
