"""access.visits is what orders and customers say, however many write them at once, in one statement or in several."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.conftest import Database, MakeDatabase

VISITS = "SELECT store_id, customer_id FROM access.visits"
VISITS_OF_THE_ORDERS = """
SELECT DISTINCT orders.store_id, customer_id FROM retail.orders JOIN retail.customers USING (customer_id)
WHERE orders.store_id <> primary_store_id
"""
ADA = """
DELETE FROM retail.orders WHERE customer_id = 90001;
UPDATE retail.customers SET primary_store_id = 3 WHERE customer_id = 90001;
DELETE FROM access.visits; -- what another test case may have left
INSERT INTO retail.orders (customer_id, store_id, order_date)
SELECT 90001, store_id, '2026-01-02' FROM unnest('{{{stores}}}'::integer[]) AS store_id
"""
"""A customer of store 3 with an order at each of some stores, and no other order."""
ORDER = "INSERT INTO retail.orders (customer_id, store_id, order_date) VALUES (90001, {store}, '2026-01-02')"
MOVE = "UPDATE retail.customers SET primary_store_id = {store} WHERE customer_id = 90001"
CANCEL = "DELETE FROM retail.orders WHERE customer_id = 90001 AND store_id = {store}"
SEND = "UPDATE retail.orders SET store_id = {to} WHERE customer_id = 90001 AND store_id = {store}"
SIMPLE = {
    "order at home": ORDER.format(store=3),
    "order elsewhere": ORDER.format(store=7),
    "cancel at home": CANCEL.format(store=3),
    "cancel elsewhere": CANCEL.format(store=7),
    "send away": SEND.format(store=3, to=7),
    "send home": SEND.format(store=7, to=3),
    "send to another": SEND.format(store=3, to=5),
    "move": MOVE.format(store=5),
    "move where it ordered": MOVE.format(store=7),
}
COMBINED = {
    "order and move": f"WITH ordered AS ({ORDER.format(store=7)}) {MOVE.format(store=5)}",
    "order and move there": f"WITH ordered AS ({ORDER.format(store=7)}) {MOVE.format(store=7)}",
    "order at home and move": f"WITH ordered AS ({ORDER.format(store=3)}) {MOVE.format(store=5)}",
    "move and cancel": f"WITH moved AS ({MOVE.format(store=5)}) {CANCEL.format(store=7)}",
    "move and cancel at home": f"WITH moved AS ({MOVE.format(store=5)}) {CANCEL.format(store=3)}",
    "move and send": f"WITH moved AS ({MOVE.format(store=7)}) {SEND.format(store=3, to=7)}",
    "move, send and order": f"WITH moved AS ({MOVE.format(store=7)}), ordered AS ({ORDER.format(store=5)})"
    f" {SEND.format(store=7, to=3)}",
}
CHANGES = SIMPLE | COMBINED
LAST_ORDER = "(SELECT max(order_id) FROM retail.orders)"
SECOND = SIMPLE | {
    "order elsewhere and cancel it": f"{ORDER.format(store=7)};"
    f" DELETE FROM retail.orders WHERE order_id = {LAST_ORDER}",
    "order at home and send it": f"{ORDER.format(store=3)};"
    f" UPDATE retail.orders SET store_id = 7 WHERE order_id = {LAST_ORDER};"
    f" UPDATE retail.orders SET store_id = 5 WHERE order_id = {LAST_ORDER}",
}
PASTS = ("", "3", "7", "3, 7, 7")
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
REFUSED = (psycopg.errors.SerializationFailure, psycopg.errors.FeatureNotSupported)


def wrong_visits(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Visits that are there and should not be, or the other way round."""
    return connection.execute(
        f"(({VISITS}) EXCEPT ALL ({VISITS_OF_THE_ORDERS})) UNION ALL"
        f" (({VISITS_OF_THE_ORDERS}) EXCEPT ALL ({VISITS}))".encode()
    ).fetchall()


@pytest.fixture(scope="module")
def few_orders(make_database: MakeDatabase) -> Database:
    """Customers and no orders, so that everything can be counted again and again."""
    database = make_database()
    with database.as_superuser() as superuser:
        superuser.execute("TRUNCATE retail.order_items, retail.orders")
        superuser.execute(
            "INSERT INTO retail.customers (customer_id, first_name, last_name, email, primary_store_id)"
            " VALUES (90001, 'Ada', 'Byron', 'ada@example.com', 3)"
        )
    return database


@pytest.mark.parametrize("change", CHANGES)
def test_visits_follow_one_statement(few_orders: Database, change: str) -> None:
    with few_orders.as_superuser() as superuser:
        for past in PASTS:
            superuser.execute(ADA.format(stores=past).encode())
            superuser.execute(CHANGES[change].encode())
            assert not wrong_visits(superuser), past
            for store in (3, 5, 7):
                superuser.execute(CANCEL.format(store=store).encode())
            assert not wrong_visits(superuser), past


@pytest.mark.parametrize("isolation", LEVELS)
@pytest.mark.parametrize("first", CHANGES)
def test_visits_follow_two_transactions_at_once(few_orders: Database, first: str, isolation: str) -> None:
    """The second, in a transaction whose snapshot is older, is refused or right."""
    wrong, committed = [], 0
    with few_orders.as_superuser() as one, few_orders.as_superuser() as two, few_orders.as_superuser() as watcher:
        one.execute("SET lock_timeout = '20s'")
        two.execute("SET lock_timeout = '20s'")
        for second in SECOND:
            for past in PASTS:
                watcher.execute(ADA.format(stores=past).encode())
                two.execute(f"BEGIN ISOLATION LEVEL {isolation}".encode())
                two.execute("SELECT 1").fetchall()  # takes the snapshot
                one.execute("BEGIN")
                one.execute(CHANGES[first].encode())
                committed += _committed_behind(one, two, SECOND[second], watcher)
                if found := wrong_visits(watcher):
                    wrong.append((second, past, found))
    assert not wrong
    assert committed >= len(PASTS)  # else nothing was tried


def _committed_behind(
    first: psycopg.Connection[Any], second: psycopg.Connection[Any], change: str, watcher: psycopg.Connection[Any]
) -> bool:
    """The second transaction changes something while the first is open, and commits behind it; False if refused."""
    outcome: list[bool] = []

    def run() -> None:
        try:
            second.execute(change.encode())
            second.execute("COMMIT")
            outcome.append(True)
        except REFUSED:
            second.execute("ROLLBACK")
            outcome.append(False)

    thread = threading.Thread(target=run)
    thread.start()
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = %s)"
    while thread.is_alive() and watcher.execute(waiting, (second.info.backend_pid,)).fetchone() == (False,):
        pass
    first.execute("COMMIT")
    thread.join(30)
    return outcome.pop()


SOME = "1 + floor(random() * 4)::integer"
ONE_OF_THE_ORDERS = "order_id = (SELECT order_id FROM retail.orders ORDER BY random() LIMIT 1)"
ANYTHING = {
    "orders": "INSERT INTO retail.orders (customer_id, store_id, order_date)"
    f" SELECT {SOME}, {SOME}, '2026-01-02' FROM generate_series(1, 1 + floor(random() * 3)::integer)",
    "a cancellation": f"DELETE FROM retail.orders WHERE {ONE_OF_THE_ORDERS}",
    "a customer's cancellations": f"DELETE FROM retail.orders WHERE customer_id = (SELECT {SOME}) AND random() < 0.8",
    "another store": f"UPDATE retail.orders SET store_id = {SOME} WHERE {ONE_OF_THE_ORDERS}",
    "another customer": f"UPDATE retail.orders SET customer_id = {SOME} WHERE {ONE_OF_THE_ORDERS}",
    "a move": f"UPDATE retail.customers SET primary_store_id = {SOME} WHERE customer_id = (SELECT {SOME})",
    "a move with an order": "WITH ordered AS (INSERT INTO retail.orders (customer_id, store_id, order_date)"
    f" SELECT {SOME}, {SOME}, '2026-01-02') UPDATE retail.customers SET primary_store_id = {SOME}"
    f" WHERE customer_id = (SELECT {SOME})",
    "a new number": f"UPDATE retail.customers SET phone = random()::text WHERE customer_id = (SELECT {SOME})",
}


@pytest.mark.parametrize("seed", range(2))
def test_visits_follow_many_writers(few_orders: Database, seed: int) -> None:
    """Four customers, four stores, five writers: whatever they do, and whoever is refused."""
    committed: set[str] = set()

    def write(chance: random.Random) -> None:
        with few_orders.as_superuser() as writer:
            writer.execute("SET deadlock_timeout = '5ms'")
            writer.execute(f"SELECT setseed({chance.random()})".encode())
            for _ in range(20):
                changes = chance.choices(list(ANYTHING), k=chance.choice([1, 1, 2, 3]))
                writer.execute(f"BEGIN ISOLATION LEVEL {chance.choice(LEVELS)}".encode())
                try:
                    for change in changes:
                        writer.execute(ANYTHING[change].encode())
                    writer.execute("COMMIT")
                    committed.update(changes)
                except (*REFUSED, psycopg.errors.DeadlockDetected):
                    writer.execute("ROLLBACK")

    with few_orders.as_superuser() as superuser:
        for turn in range(12):  # looked at often, for what is wrong may be put right by the next writer
            at_once([partial(write, random.Random(f"{seed} {turn} {writer}")) for writer in range(5)])
            assert not wrong_visits(superuser), turn
    assert committed == set(ANYTHING)


def test_writers_of_the_same_customers_queue_instead_of_blocking_each_other(few_orders: Database) -> None:
    """A deadlock would end one of them."""

    def write(order: str) -> None:
        with few_orders.as_superuser() as writer:
            writer.execute("SET deadlock_timeout = '5ms'")
            for _ in range(50):
                writer.execute(
                    "INSERT INTO retail.orders (customer_id, store_id, order_date)"
                    f" SELECT n, 2, '2026-01-02' FROM generate_series(1, 60) n ORDER BY {order}".encode()
                )

    at_once([partial(write, order) for order in ("n", "n DESC", "n % 7", "random()")])
    with few_orders.as_superuser() as superuser:
        assert not wrong_visits(superuser)


def at_once(tasks: list[Callable[[], None]]) -> None:
    """All run in threads; the first error of one is raised."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()
