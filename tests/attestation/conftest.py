"""One small database of its own for what is broken here: each test puts back what it changed."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from local.database import STORES_ONLY, load_sample_data
from local.postgres import EmbeddedPostgres
from shared.database.schema import deploy_schema, install_signing_key
from tests.conftest import KEY, Database

ROWS = """
INSERT INTO retail.categories VALUES (1, 'Tools');
INSERT INTO retail.product_types VALUES (1, 1, 'Hammers');
INSERT INTO retail.products (product_id, sku, product_name, category_id, type_id, cost, base_price, product_description)
VALUES (1, 'H-1', 'Hammer', 1, 1, 2, 3, 'Hits nails.');
INSERT INTO retail.product_description_embeddings VALUES (1, array_fill(0.5, ARRAY[1536])::extensions.vector);
INSERT INTO retail.inventory SELECT store_id, 1, 5 FROM retail.stores;
INSERT INTO retail.customers (customer_id, first_name, last_name, email, primary_store_id)
SELECT number, 'Ada', 'Byron', number || '@example.com', 1 + number % 8 FROM generate_series(1, 80) AS number;
INSERT INTO retail.orders (order_id, customer_id, store_id, order_date)
SELECT customer_id, customer_id, primary_store_id, '2026-01-02' FROM retail.customers;
INSERT INTO retail.order_items (order_item_id, order_id, store_id, product_id, quantity, unit_price, total_amount)
SELECT order_id, order_id, store_id, 1, 1, 3, 3 FROM retail.orders;
ANALYZE;
"""
ORDERS_A_STORE = 10


@pytest.fixture(scope="module")
def breakable(server: EmbeddedPostgres) -> Iterator[Database]:
    name = sql.Identifier("breakable")
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        database = Database(server, "breakable")
        with database.as_superuser() as superuser:
            deploy_schema(superuser)
            install_signing_key(superuser, KEY.version, KEY.key())
            load_sample_data(superuser, STORES_ONLY, lambda *_: None)
            superuser.execute(ROWS)
        yield database
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
