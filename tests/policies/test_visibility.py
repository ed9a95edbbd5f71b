"""Each table through the eyes of each actor, against the same count by a superuser with literal store numbers."""

import psycopg
import pytest

from local.people import PEOPLE
from tests.conftest import Database, context_of

TENANT_TABLES = {
    "inventory": "store_id = ANY (%(stores)s)",
    "orders": "store_id = ANY (%(stores)s)",
    "order_items": "store_id = ANY (%(stores)s)",
    "customers": "primary_store_id = ANY (%(stores)s) OR customer_id IN"
    " (SELECT customer_id FROM retail.orders WHERE store_id = ANY (%(stores)s))",
}
CATALOGUE_TABLES = ("stores", "categories", "product_types", "products", "product_description_embeddings")
ACTORS = ("kirkland", "seattle", "online", "west-region", "head-office")


def count(connection: psycopg.Connection[tuple[int]], table: str, condition: str = "true", **values: object) -> int:
    row = connection.execute(f"SELECT count(*) FROM retail.{table} WHERE {condition}", values).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture(scope="session", autouse=True)
def an_embedding(sample: Database) -> None:
    """The sample has no embeddings yet; a policy over an empty table would show nothing."""
    with sample.as_superuser() as connection:
        connection.execute(
            "INSERT INTO retail.product_description_embeddings"
            " SELECT product_id, array_fill(0.5, ARRAY[1536])::extensions.vector FROM retail.products LIMIT 10"
        )


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("table", TENANT_TABLES)
def test_a_caller_sees_the_rows_of_its_stores_and_no_others(sample: Database, table: str, actor: str) -> None:
    stores = list(PEOPLE[actor].store_ids)
    with sample.as_superuser() as superuser, sample.as_app(context_of(actor)) as app:
        expected = count(superuser, table, TENANT_TABLES[table], stores=stores)
        assert expected > 0
        assert count(app, table) == expected
        assert count(app, table, f"NOT ({TENANT_TABLES[table]})", stores=stores) == 0


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("table", CATALOGUE_TABLES)
def test_every_caller_with_a_store_sees_the_whole_catalogue(sample: Database, table: str, actor: str) -> None:
    with sample.as_superuser() as superuser, sample.as_app(context_of(actor)) as app:
        assert count(app, table) == count(superuser, table) > 0


@pytest.mark.parametrize("table", [*TENANT_TABLES, *CATALOGUE_TABLES])
def test_nobody_sees_nothing(sample: Database, table: str) -> None:
    with sample.as_app(context_of("nobody")) as app:
        assert count(app, table) == 0


@pytest.mark.parametrize("table", [*TENANT_TABLES, *CATALOGUE_TABLES])
def test_the_bare_login_role_sees_nothing(sample: Database, table: str) -> None:
    with sample.as_app() as app:
        assert count(app, table) == 0


@pytest.mark.parametrize("table", [*TENANT_TABLES, *CATALOGUE_TABLES])
def test_backup_and_owner_see_every_row(sample: Database, table: str) -> None:
    with sample.as_superuser() as superuser:
        expected = count(superuser, table)
    for url in (sample.backup_url, sample.owner_url):
        with psycopg.connect(url) as connection:
            assert count(connection, table) == expected


def test_a_narrowed_caller_sees_the_one_store_of_its_several(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        [(kirkland,)] = superuser.execute("SELECT rls_user_id FROM retail.stores WHERE store_id = 7").fetchall()
    with sample.as_app(context_of("west-region", store_scope=kirkland)) as app:
        assert app.execute("SELECT (access.verified_caller()).store_ids").fetchone() == ([7],)
        assert count(app, "orders") == 2975


def test_narrowing_never_adds_a_store(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        [(seattle,)] = superuser.execute("SELECT rls_user_id FROM retail.stores WHERE store_id = 1").fetchall()
    with sample.as_app(context_of("kirkland", store_scope=seattle)) as app:
        assert app.execute("SELECT (access.verified_caller()).store_ids").fetchone() == ([],)
        assert count(app, "orders") == 0


def test_a_withdrawn_grant_counts_at_once(database: Database) -> None:
    with database.as_app(context_of("kirkland")) as app, database.as_superuser() as superuser:
        assert count(app, "orders") == 2975
        superuser.execute("DELETE FROM access.store_grants WHERE store_id = 7")
        assert count(app, "orders") == 0


def test_a_customer_of_two_stores_is_seen_by_both(database: Database) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO retail.customers (customer_id, first_name, last_name, email, primary_store_id)"
            " VALUES (90001, 'Ada', 'Byron', 'ada@example.com', 3)"
        )
        superuser.execute(
            "INSERT INTO retail.orders (customer_id, store_id, order_date) VALUES (90001, 7, '2026-01-02')"
        )
    seen = {}
    for actor in ("kirkland", "tacoma", "spokane"):
        with database.as_app(context_of(actor)) as app:
            seen[actor] = count(app, "customers", "customer_id = 90001")
    assert seen == {"kirkland": 1, "tacoma": 1, "spokane": 0}
