"""Orders of one's own making in a copy of the sample, so that one knows what is to be found in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psycopg import sql

from tests.conftest import Database

LAST_DAY = date(2026, 6, 30)
DIMENSIONS = 1536


@dataclass(frozen=True)
class Order:
    """lines: product, pieces and dollars a piece."""

    store_id: int
    customer_id: int
    lines: Sequence[tuple[int, int, float]]
    days_ago: int = 0


def basket(store_id: int, customer_id: int, *products: int, days_ago: int = 0) -> Order:
    """One piece of each, ten dollars a piece."""
    return Order(store_id, customer_id, [(product, 1, 10) for product in products], days_ago)


def empty_stores(database: Database) -> None:
    """Nothing sold, nothing in stock."""
    with database.as_superuser() as superuser:
        superuser.execute("TRUNCATE retail.orders, retail.order_items, retail.inventory")


def plant_orders(database: Database, orders: Iterable[Order]) -> None:
    """Written at once, and numbered after those that are there."""
    planted = list(orders)
    with database.as_superuser() as superuser, superuser.transaction():
        [(order_id, item_id)] = superuser.execute(
            "SELECT (SELECT coalesce(max(order_id), 0) FROM retail.orders),"
            " (SELECT coalesce(max(order_item_id), 0) FROM retail.order_items)"
        ).fetchall()
        with superuser.cursor().copy(
            "COPY retail.orders (order_id, customer_id, store_id, order_date) FROM STDIN"
        ) as copy:
            for number, order in enumerate(planted, order_id + 1):
                day = LAST_DAY - timedelta(order.days_ago)
                copy.write_row((number, order.customer_id, order.store_id, day))
        with superuser.cursor().copy(
            "COPY retail.order_items"
            " (order_item_id, order_id, store_id, product_id, quantity, unit_price, total_amount) FROM STDIN"
        ) as copy:
            for number, order in enumerate(planted, order_id + 1):
                for product, pieces, price in order.lines:
                    item_id += 1
                    copy.write_row((item_id, number, order.store_id, product, pieces, price, pieces * price))


def plant_stock(database: Database, levels: dict[tuple[int, int], int]) -> None:
    """Pieces by store and product."""
    with database.as_superuser() as superuser:
        superuser.cursor().executemany(
            "INSERT INTO retail.inventory (store_id, product_id, stock_level) VALUES (%s, %s, %s)",
            [(*place, level) for place, level in levels.items()],
        )


def plant_embeddings(database: Database, vectors: dict[int, tuple[float, float]]) -> None:
    """Unit vectors in the plane of the first two dimensions."""
    with database.as_superuser() as superuser:
        superuser.cursor().executemany(
            "INSERT INTO retail.product_description_embeddings (product_id, description_embedding)"
            " VALUES (%s, %s::extensions.vector)",
            [(product, f"[{x},{y}{',0' * (DIMENSIONS - 2)}]") for product, (x, y) in vectors.items()],
        )


def customers_of(database: Database, store_id: int, count: int) -> list[int]:
    """Customers who signed up at the store."""
    query = sql.SQL("SELECT customer_id FROM retail.customers WHERE primary_store_id = {} ORDER BY 1 LIMIT {}")
    with database.as_superuser() as superuser:
        return [number for (number,) in superuser.execute(query.format(store_id, count)).fetchall()]
