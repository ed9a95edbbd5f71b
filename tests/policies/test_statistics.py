"""The planner's costs tell nothing of other stores: what it assumes of tenants' columns comes from sql/statistics.sql.

A caller hears of costs: a plan that is explained, an answer that is refused because it costs too much.
"""

from typing import Any

import psycopg
import pytest

from shared.isolation.attestation import GUARDS
from tests.conftest import Database, context_of

TENANT_TABLES = ("customers", "inventory", "orders", "order_items")
ASSUMED = (
    "SELECT tablename, attname, null_frac, avg_width, n_distinct, correlation, histogram_bounds::text"
    " FROM pg_stats WHERE schemaname = 'retail' AND tablename = ANY (%s) ORDER BY 1, 2"
)
SAME_COST = {
    "orders of a store": [f"SELECT FROM orders WHERE store_id = {store}" for store in (1, 5, 7, 8, 99)],
    "items of a store": [f"SELECT FROM order_items WHERE store_id = {store}" for store in (1, 5, 7, 8, 99)],
    "customers of a store": [f"SELECT FROM customers WHERE primary_store_id = {store}" for store in (1, 5, 7, 8, 99)],
    "stock of a store": [f"SELECT FROM inventory WHERE store_id = {store}" for store in (1, 5, 7, 8, 99)],
    "orders of a day": [f"SELECT FROM orders WHERE order_date = '20{year}-07-01'" for year in (20, 23, 26, 60)],
    "orders of a month": [
        f"SELECT FROM orders WHERE order_date >= '20{year}-06-01' AND order_date < '20{year}-07-01'"
        for year in (20, 22, 25)
    ],
    "orders of a customer": [f"SELECT FROM orders WHERE customer_id = {customer}" for customer in (1, 7, 777777)],
    "sales of a product": [f"SELECT FROM order_items WHERE product_id = {product}" for product in (1, 200, 9999)],
    "sales of a number": [f"SELECT FROM order_items WHERE quantity = {pieces}" for pieces in (1, 2, 5)],
    "stock of a product": [f"SELECT FROM inventory WHERE product_id = {product}" for product in (1, 200, 9999)],
    "a name": [f"SELECT FROM customers WHERE last_name = '{name}'" for name in ("Smith", "Miller", "Nobody")],
    "an e-mail": [f"SELECT FROM customers WHERE email < '{letter}'" for letter in "amz"],
}
"""Queries that differ in the value they look for only."""


def estimate(connection: psycopg.Connection[Any], query: str) -> tuple[float, int]:
    """Cost and rows of the whole plan."""
    [([explained],)] = connection.execute(f"EXPLAIN (FORMAT JSON) {query}".encode()).fetchall()
    return explained["Plan"]["Total Cost"], explained["Plan"]["Plan Rows"]


@pytest.mark.parametrize("actor", ["kirkland", "nobody"])
@pytest.mark.parametrize("probe", SAME_COST)
def test_an_estimate_does_not_depend_on_how_many_rows_have_the_value(sample: Database, probe: str, actor: str) -> None:
    with sample.as_app(context_of(actor)) as app:
        assert len({estimate(app, query) for query in SAME_COST[probe]}) == 1


def test_the_probes_tell_where_columns_are_sampled(database: Database) -> None:
    """The test above can fail: with PostgreSQL's own statistics most probes tell."""
    with database.as_superuser() as superuser:
        for table in TENANT_TABLES:
            columns = superuser.execute(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
                (f"retail.{table}",),
            ).fetchall()
            for (column,) in columns:
                superuser.execute(f"ALTER TABLE retail.{table} ALTER COLUMN {column} SET STATISTICS DEFAULT".encode())
        superuser.execute("ANALYZE")
    with database.as_app(context_of("kirkland")) as app:
        telling = [
            probe for probe, queries in SAME_COST.items() if len({estimate(app, query) for query in queries}) > 1
        ]
    assert len(telling) >= 6


def test_analyze_changes_nothing_that_is_assumed_and_samples_no_column(database: Database) -> None:
    with database.as_superuser() as superuser:
        before = superuser.execute(ASSUMED, (list(TENANT_TABLES),)).fetchall()
        superuser.execute("UPDATE retail.inventory SET stock_level = 77")
        superuser.execute("ANALYZE")
        assert superuser.execute(ASSUMED, (list(TENANT_TABLES),)).fetchall() == before
        common = "SELECT attname FROM pg_stats WHERE tablename = ANY (%s) AND most_common_vals IS NOT NULL"
        assert superuser.execute(common, (list(TENANT_TABLES),)).fetchall() == []


def test_every_column_of_a_tenant_table_has_an_assumption(sample: Database) -> None:
    assert set(TENANT_TABLES) < set(GUARDS)
    with sample.as_superuser() as superuser:
        columns = superuser.execute(
            "SELECT relname::text, attname::text, attstattarget FROM pg_attribute JOIN pg_class ON oid = attrelid"
            " WHERE relname = ANY (%s) AND relnamespace = 'retail'::regnamespace AND attnum > 0 AND NOT attisdropped",
            (list(TENANT_TABLES),),
        ).fetchall()
        assumed = {row[:2] for row in superuser.execute(ASSUMED, (list(TENANT_TABLES),)).fetchall()}
    assert {(table, column) for table, column, _ in columns} == assumed
    assert {target for *_, target in columns} == {0}
