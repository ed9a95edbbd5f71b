"""access.visibility and access.visits stay true to what they are derived from, whatever writes it and from where."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.conftest import Database, caller_of, context_of

VISITS_OF_THE_ORDERS = """
SELECT DISTINCT orders.store_id, customer_id
FROM retail.orders JOIN retail.customers USING (customer_id)
WHERE orders.store_id <> primary_store_id
"""
STORES_OF_THE_GRANTS = """
SELECT principal.principal_id, coalesce(array_agg(store.store_id ORDER BY store.store_id)
    FILTER (WHERE role = 'super_admin' OR store_grant.store_id IS NOT NULL), '{}')
FROM access.principals AS principal
CROSS JOIN retail.stores AS store
LEFT JOIN access.store_grants AS store_grant USING (principal_id, store_id)
GROUP BY principal.principal_id
"""
ORDER_CHANGES = {
    "an order": "INSERT INTO retail.orders (customer_id, store_id, order_date)"
    " SELECT customer_id, 1 + customer_id % 8, '2026-01-02' FROM retail.customers LIMIT 500",
    "a second one": "INSERT INTO retail.orders (customer_id, store_id, order_date)"
    " SELECT customer_id, store_id, order_date FROM retail.orders WHERE store_id = 7",
    "lines gone": "DELETE FROM retail.order_items WHERE store_id = 7",
    "orders gone": "DELETE FROM retail.orders WHERE store_id = 7",
    "orders of another customer": "UPDATE retail.orders SET customer_id = 1 + customer_id % 50 WHERE store_id = 5",
    "nothing changed": "UPDATE retail.orders SET order_date = order_date WHERE store_id = 6",
    "a customer moved": "UPDATE retail.customers SET primary_store_id = 1 + primary_store_id % 8 WHERE customer_id < 9",
    "nothing left": "TRUNCATE retail.orders CASCADE",
}
GRANT_CHANGES = {
    "a grant": "INSERT INTO access.store_grants SELECT principal_id, 3 FROM access.store_grants WHERE store_id = 7",
    "a grant gone": "DELETE FROM access.store_grants WHERE store_id = 1",
    "a promotion": "UPDATE access.principals SET role = 'super_admin' WHERE role = 'regional_manager'",
    "a new store": "INSERT INTO retail.stores (store_id, store_name) VALUES (300, 'Zava Retail Yakima')",
    "a new principal": "INSERT INTO access.principals (tenant_id, object_id, display_name, role)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), 'Somebody', 'super_admin')",
    "another object id": "UPDATE access.principals SET object_id = gen_random_uuid() WHERE role = 'store_manager'",
    "another tenant": "UPDATE access.principals SET tenant_id = gen_random_uuid()",
    "a principal gone": "DELETE FROM access.principals WHERE role = 'regional_manager'",
    "no grants at all": "TRUNCATE access.store_grants",
}


def rows(connection: psycopg.Connection[Any], statement: str) -> list[tuple[Any, ...]]:
    return sorted(connection.execute(statement.encode()).fetchall())


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_visits_follow_the_orders(database: Database, role: str) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(f"SET session_replication_role = {role}".encode())
        for how, change in ORDER_CHANGES.items():
            superuser.execute(change.encode())
            expected = rows(superuser, VISITS_OF_THE_ORDERS)
            assert rows(superuser, "SELECT store_id, customer_id FROM access.visits") == expected, how


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_visibility_follows_the_grants(database: Database, role: str) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(f"SET session_replication_role = {role}".encode())
        for how, change in GRANT_CHANGES.items():
            superuser.execute(change.encode())
            expected = rows(superuser, STORES_OF_THE_GRANTS)
            assert rows(superuser, "SELECT principal_id, store_ids FROM access.visibility") == expected, how
            masks = superuser.execute(
                "SELECT store_ids, ARRAY(SELECT n FROM unnest(store_mask) WITH ORDINALITY AS m (visible, n)"
                " WHERE visible), sees_all, (SELECT count(*) FROM retail.stores) FROM access.visibility"
            ).fetchall()
            for store_ids, masked, sees_all, stores in masks:
                assert masked == store_ids, how
                assert sees_all == (len(store_ids) == stores), how


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_grants_withdrawn_and_given_at_once_leave_no_stale_store(database: Database, isolation: str) -> None:
    """The second writer derives from what the first one committed, or fails; it never brings a withdrawn store back."""
    with database.as_superuser() as first, database.as_superuser() as second, database.as_superuser() as watcher:
        second.execute(f"BEGIN ISOLATION LEVEL {isolation}".encode())
        second.execute("SELECT 1 FROM retail.stores").fetchall()  # takes the snapshot
        first.execute("BEGIN")
        first.execute("DELETE FROM access.store_grants WHERE store_id = 2")
        outcome: list[str] = []

        def give() -> None:
            try:
                second.execute(
                    "INSERT INTO access.store_grants SELECT principal_id, 4 FROM access.principals"
                    " WHERE role = 'regional_manager'"
                )
                second.execute("COMMIT")
                outcome.append("committed")
            except psycopg.errors.SerializationFailure:
                second.execute("ROLLBACK")
                outcome.append("refused")

        thread = threading.Thread(target=give)
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while thread.is_alive() and watcher.execute(waiting).fetchone() == (0,):
            pass
        first.execute("COMMIT")
        thread.join(30)
        assert outcome == ["refused" if isolation == "REPEATABLE READ" else "committed"]
        expected = rows(watcher, STORES_OF_THE_GRANTS)
        assert rows(watcher, "SELECT principal_id, store_ids FROM access.visibility") == expected


def test_a_demotion_and_a_grant_withdrawn_at_once_leave_no_store(database: Database) -> None:
    """To a snapshot from before the demotion nothing changes with the grant, for a super_admin needs none."""
    with database.as_superuser() as first, database.as_superuser() as second:
        first.execute(
            "INSERT INTO access.store_grants SELECT principal_id, 2 FROM access.principals WHERE role = 'super_admin'"
        )
        second.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        second.execute("SELECT 1").fetchall()  # takes the snapshot
        first.execute("UPDATE access.principals SET role = 'store_manager' WHERE role = 'super_admin'")
        with pytest.raises(psycopg.errors.SerializationFailure):
            second.execute("DELETE FROM access.store_grants WHERE store_id = 2")
        second.execute("ROLLBACK")
        second.execute("DELETE FROM access.store_grants WHERE store_id = 2")
        expected = rows(first, STORES_OF_THE_GRANTS)
        assert rows(first, "SELECT principal_id, store_ids FROM access.visibility") == expected


def test_principals_deleted_at_once_do_not_block_each_other(database: Database) -> None:
    def delete(order: str) -> None:
        with database.as_superuser() as connection:
            connection.execute("SET deadlock_timeout = '5ms'")
            for _ in range(20):
                connection.execute(
                    "INSERT INTO access.principals (tenant_id, object_id, display_name, role)"
                    " SELECT gen_random_uuid(), gen_random_uuid(), 'Somebody', 'store_manager'"
                    " FROM generate_series(1, 20)"
                )
                connection.execute(
                    "DELETE FROM access.principals USING (SELECT principal_id FROM access.principals"
                    f" WHERE display_name = 'Somebody' ORDER BY principal_id {order} LIMIT 30) AS chosen"
                    " WHERE chosen.principal_id = principals.principal_id".encode()
                )

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(delete, order) for order in ("ASC", "DESC", "ASC", "DESC")]:
            done.result()
    with database.as_superuser() as superuser:
        expected = rows(superuser, STORES_OF_THE_GRANTS)
        assert rows(superuser, "SELECT principal_id, store_ids FROM access.visibility") == expected


def test_rows_are_loaded_with_row_security_off_as_by_a_restore(database: Database) -> None:
    with database.as_superuser() as superuser:
        superuser.execute("SET row_security = off")
        for how, change in (GRANT_CHANGES | ORDER_CHANGES).items():
            superuser.execute(change.encode())
            visits = "SELECT store_id, customer_id FROM access.visits"
            assert rows(superuser, visits) == rows(superuser, VISITS_OF_THE_ORDERS), how
            visibility = "SELECT principal_id, store_ids FROM access.visibility"
            assert rows(superuser, visibility) == rows(superuser, STORES_OF_THE_GRANTS), how


def test_the_mask_of_visitors_is_bounded(database: Database) -> None:
    customer = (
        "INSERT INTO retail.customers (customer_id, first_name, last_name, email, primary_store_id)"
        " VALUES (%s, 'Ada', 'Byron', 'ada@example.com', 3)"
    )
    with database.as_superuser() as superuser:
        with pytest.raises(psycopg.errors.CheckViolation):
            superuser.execute(customer, (50_000_001,))
        superuser.execute(customer, (5_000_000,))
        superuser.execute(
            "INSERT INTO retail.orders (customer_id, store_id, order_date) VALUES (5000000, 7, '2026-01-02')"
        )
    with database.as_app(context_of("kirkland")) as app:
        assert app.execute("SELECT count(*) FROM retail.customers WHERE customer_id = 5000000").fetchone() == (1,)


def test_a_kept_plan_serves_every_caller_its_own(sample: Database) -> None:
    """The planner is given hints of the caller it plans for; another caller of the same plan must not feel them."""
    counts = {"head-office": 197665, "kirkland": 2975, "west-region": 99683, "seattle": 54995, "nobody": 0}
    for first in counts:
        with sample.as_app() as app:
            app.execute("SELECT set_config('app.rls_context', %s, false)", (context_of(first),))
            app.execute("SET plan_cache_mode = force_generic_plan")
            app.execute("PREPARE kept AS SELECT count(*) FROM retail.orders")
            for name, expected in [(first, counts[first]), *counts.items()]:
                app.execute("SELECT set_config('app.rls_context', %s, false)", (context_of(name),))
                assert app.execute("EXECUTE kept").fetchone() == (expected,), (first, name)


def test_a_chain_of_many_stores_is_filtered_alike(database: Database) -> None:
    """A mask longer than a page, stored out of line."""
    with database.as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO retail.stores (store_id, store_name) SELECT n, 'S' || n FROM generate_series(1000, 30000) n"
        )
        superuser.execute("INSERT INTO access.store_grants VALUES (%s, 30000)", (caller_of("kirkland").principal_id,))
        superuser.execute(
            "INSERT INTO retail.orders (customer_id, store_id, order_date) VALUES (1, 30000, '2026-01-02'),"
            " (1, 29999, '2026-01-02')"
        )
    with database.as_app(context_of("kirkland")) as app:
        assert app.execute("SELECT count(*) FROM retail.orders").fetchone() == (2976,)
    with database.as_app(context_of("head-office")) as app:
        assert app.execute("SELECT count(*) FROM retail.orders").fetchone() == (197667,)
