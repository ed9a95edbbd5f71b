"""What an index finds is found before any policy: nobody's condition may find other stores' rows by one."""

import json

import psycopg
import pytest

from tests.conftest import Database, context_of

TENANTS = {"orders": "store_id", "order_items": "store_id", "inventory": "store_id"}
HOW_MANY = {"orders": 4, "order_items": 3, "inventory": 1}
INDEXES = (
    "SELECT index.indexrelid::regclass::text, ARRAY("
    " SELECT attname::text FROM pg_attribute WHERE attrelid = index.indrelid AND attnum = ANY (index.indkey))"
    " FROM pg_index AS index WHERE index.indrelid = %s::regclass"
)
FIRST_COLUMNS = (
    "SELECT index.indexrelid::regclass::text, attname::text FROM pg_index AS index"
    " JOIN pg_attribute ON attrelid = index.indrelid AND attnum = index.indkey[0] WHERE index.indrelid = %s::regclass"
)
LOOK = {
    "an address": "email = 'zoe@example.com'",
    "the beginning of an address": "email >= 'zoe' AND email < 'zof'",
    "a store and an address": "primary_store_id = 1 AND email = 'zoe@example.com'",
    "a store": "primary_store_id = 1",
    "a store as text": "primary_store_id::text = '1'",
    "what is unique": "primary_store_id::text || ' ' || email = '1 zoe@example.com'",
}


@pytest.mark.parametrize("table", TENANTS)
def test_every_index_of_a_tenants_table_has_the_tenant_in_it(sample: Database, table: str) -> None:
    with sample.as_superuser() as superuser:
        indexes = superuser.execute(INDEXES, (f"retail.{table}",)).fetchall()
    assert len(indexes) == HOW_MANY[table]
    assert [name for name, columns in indexes if TENANTS[table] not in columns] == []


def test_the_tenant_leads_each_but_that_by_which_orders_are_sorted(sample: Database) -> None:
    """Behind another column, one value's rows of all stores lie together, and a look for some passes the others."""
    with sample.as_superuser() as superuser:
        behind = [
            name
            for table, tenant in TENANTS.items()
            for name, first in superuser.execute(FIRST_COLUMNS, (f"retail.{table}",)).fetchall()
            if first != tenant
        ]
    assert behind == ["retail.orders_by_number"]


@pytest.mark.parametrize("look", LOOK)
def test_customers_are_not_looked_up_but_by_number(sample: Database, look: str) -> None:
    with sample.as_app(context_of("kirkland")) as app:
        for setting in (
            "enable_seqscan = off",
            "enable_bitmapscan = on",
            "random_page_cost = 0",
            "seq_page_cost = 1e9",
        ):
            app.execute(f"SET {setting}".encode())
        query = f"EXPLAIN (FORMAT JSON) SELECT first_name FROM retail.customers WHERE {LOOK[look]}"
        [([explained],)] = app.execute(query.encode()).fetchall()
    assert "Index Cond" not in json.dumps(explained)


def test_an_address_is_there_once_a_store(database: Database) -> None:
    insert = (
        "INSERT INTO retail.customers (first_name, last_name, email, primary_store_id)"
        " VALUES ('Ada', 'Byron', 'ada@example.com', %s)"
    )
    with database.as_superuser() as superuser:
        superuser.execute(insert, (1,))
        superuser.execute(insert, (2,))
        with pytest.raises(psycopg.errors.ExclusionViolation):
            superuser.execute(insert, (2,))
        superuser.execute(f"{insert} ON CONFLICT DO NOTHING".encode(), (2,))
        count = "SELECT count(*) FROM retail.customers WHERE email = 'ada@example.com'"
        assert superuser.execute(count).fetchone() == (2,)
