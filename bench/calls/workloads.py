"""What is called: a tool with its arguments, and the same question in SQL for who has no server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STORE = 7
CALLER = "kirkland"
"""Who sees the store."""

POINT = "point lookup"
THOUSAND = "1,000 rows"
LIST = "tools/list"
TRIVIAL = "trivial tool"


@dataclass(frozen=True)
class Workload:
    """tool: None for tools/list. sql: as the caller writes it. rows: how many it gives, for who judges an answer."""

    name: str
    tool: str | None
    arguments: Mapping[str, Any]
    sql: str | None = None
    rows: int = 0


def workloads(order_id: int) -> tuple[Workload, ...]:
    """order_id: an order of the store."""
    return (
        _query(
            POINT,
            "SELECT order_id, customer_id, order_date FROM retail.orders"
            f" WHERE store_id = {STORE} AND order_id = {order_id}",
            1,
        ),
        _query(
            "20-row join",
            "SELECT o.order_id, o.order_date, c.last_name, p.product_name, i.quantity, i.total_amount"
            " FROM retail.orders AS o JOIN retail.customers AS c USING (customer_id)"
            " JOIN retail.order_items AS i USING (store_id, order_id) JOIN retail.products AS p USING (product_id)"
            f" WHERE o.store_id = {STORE} AND o.order_id >= {order_id} ORDER BY o.order_id, i.order_item_id LIMIT 20",
            20,
        ),
        _query(
            "monthly aggregate",
            "SELECT date_trunc('month', order_date) AS month, count(*) AS orders FROM retail.orders"
            f" WHERE store_id = {STORE} AND order_date >= DATE '2026-01-01' GROUP BY 1 ORDER BY 1",
            12,
        ),
        _query(
            THOUSAND,
            "SELECT order_item_id, order_id, product_id, quantity, unit_price, total_amount FROM retail.order_items"
            f" WHERE store_id = {STORE} ORDER BY order_id, order_item_id LIMIT 1000",
            1000,
        ),
        Workload("search", "semantic_search_products", {"query_description": "stop a dripping tap", "max_rows": 10}),
        Workload(LIST, None, {}),
    )


TRIVIAL_CALL = Workload(TRIVIAL, "add", {"a": 19, "b": 23})


def _query(name: str, sql: str, rows: int) -> Workload:
    arguments = {"postgresql_query": sql, "max_rows": max(rows, 1)}
    return Workload(name, "execute_sales_query", arguments, sql, rows)
