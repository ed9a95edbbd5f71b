"""What an index finds is found before any policy: nobody's condition may find other stores' rows by one."""

import json

import psycopg
import pytest

from tests.conftest import Database, context_of

TENANTS = {"orders": "store_id", "order_items": "store_id", "inventory": "store_id"}
INDEXES = (
    "SELECT index.indexrelid::regclass::text, ARRAY("
    " SELECT attname::text FROM pg_attribute WHERE attrelid = index.indrelid AND attnum = ANY (index.indkey))"
    " FROM pg_index AS index WHERE index.indrelid = %s::regclass"
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
    assert len(indexes) >= 2
    assert [name for name, columns in indexes if TENANTS[table] not in columns] == []


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
