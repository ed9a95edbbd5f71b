"""Plans: enough to mend a query, nothing that counts what the caller does not see."""

import json
import re

import pytest

from tests.tools.calls import data_of, fault_of
from tests.tools.conftest import ClientOf

pytestmark = pytest.mark.anyio

JOIN = (
    "SELECT c.last_name, sum(i.total_amount) FROM customers c JOIN orders o USING (customer_id)"
    " JOIN order_items i ON i.store_id = o.store_id AND i.order_id = o.order_id"
    " WHERE o.order_date >= '2025-01-01' GROUP BY 1 ORDER BY 2 DESC LIMIT 5"
)
QUERIES = [JOIN, "SELECT count(*) FROM customers", "SELECT * FROM orders WHERE order_id = 17", "TABLE stores"]


@pytest.mark.parametrize("name", ["kirkland", "head-office", "nobody"])
async def test_a_plan_names_steps_and_conditions(client_of: ClientOf, name: str) -> None:
    async with client_of(name) as client:
        data = await data_of(client, "explain_query", postgresql_query=JOIN)
    plan = "\n".join(data["plan"])
    assert data["affordable"] is True
    assert "Limit" in plan
    assert "on orders o" in plan
    assert "order_date >= '2025-01-01'" in plan


async def test_a_plan_counts_nothing(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        for query in QUERIES:
            data = await data_of(client, "explain_query", postgresql_query=query)
            told = re.sub(r"'[^']*'|InitPlan \d+|col\d|order_id = 17", "", json.dumps(data["plan"]))
            assert not re.search(r"\d{2,}|cost|rows|width|loops", told), told


async def test_a_plan_says_own_stores_where_a_policy_stands(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        for query in QUERIES:
            data = await data_of(client, "explain_query", postgresql_query=query)
            assert not re.search(r"access\.|store_mask|CASE WHEN", json.dumps(data["plan"]))


@pytest.mark.parametrize("condition", ["", " WHERE store_id > 1"])
@pytest.mark.parametrize("table", ["orders", "order_items", "inventory", "customers AS c (n, f, l, e, p, store_id)"])
async def test_the_policy_of_every_form_is_one_thing(client_of: ClientOf, table: str, condition: str) -> None:
    async with client_of("kirkland") as client:
        data = await data_of(client, "explain_query", postgresql_query=f"SELECT * FROM {table}{condition}")
    plan = "\n".join(data["plan"])
    assert "own stores" in plan
    assert "InitPlan" not in plan


async def test_an_expensive_query_is_explained_though_it_would_not_run(client_of: ClientOf) -> None:
    query = "SELECT count(*) FROM order_items a, order_items b"
    async with client_of("head-office") as client:
        data = await data_of(client, "explain_query", postgresql_query=query)
        fault = await fault_of(client, "execute_sales_query", postgresql_query=query)
    assert data["affordable"] is False
    assert "Nested Loop" in data["plan"][1]
    assert fault["code"] == "TOO_EXPENSIVE"


@pytest.mark.parametrize(
    "query",
    ["ANALYZE SELECT 1", "(ANALYZE) SELECT 1", "DELETE FROM orders", "SELECT 1; SELECT 2", "SELECT * FROM pg_class"],
)
async def test_nothing_but_a_query_is_explained(client_of: ClientOf, query: str) -> None:
    async with client_of("kirkland") as client:
        fault = await fault_of(client, "explain_query", postgresql_query=query)
    assert fault["code"] in {"SQL_NOT_ALLOWED", "SQL_ERROR"}
