"""The second domain, deployed to a real server."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from examples.animal_clinics import DOMAIN
from examples.animal_clinics.sample_data import load
from local.database import STORES_ONLY, load_sample_data
from local.postgres import throwaway_postgres
from shared.database.schema import deploy_schema, install_signing_key
from tests.conftest import KEY, PASSWORDS, Database

CARE = {
    "retail": "care",
    "stores": "clinics",
    "store_id": "clinic_id",
    "store_name": "clinic_name",
    "primary_store_id": "clinic_id",
    "customers": "owners",
    "customer_id": "owner_id",
    "categories": "species",
    "category_id": "species_id",
    "category_name": "species_name",
    "products": "services",
    "product_id": "service_id",
    "product_name": "service_name",
    "product_description": "service_name",
    "inventory": "appointments",
    "stock_level": "animal_id",
    "orders": "invoices",
    "order_id": "invoice_id",
    "order_date": "issued_on",
    "order_items": "treatments",
    "order_item_id": "treatment_id",
    "unit_price": "amount",
    "orders_by_number": "invoices_by_number",
    "orders_order_id_seq": "invoices_invoice_id_seq",
}
"""What the attacks of tests/isolation name, in the words of this schema."""


@pytest.fixture(scope="session")
def clinics() -> Iterator[Database]:
    """On a server of its own, which needs none of the shops' rows. Deployed, with people and rows."""
    with throwaway_postgres() as server:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            deploy_schema(connection, domain=DOMAIN)
            install_signing_key(connection, KEY.version, KEY.key())
            load_sample_data(connection, STORES_ONLY, lambda *_: None)
            load(connection)
            for role, password in PASSWORDS.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
                )
        yield Database(server, "postgres", DOMAIN, CARE)
