"""Which statements are called plain, those without any condition, and which single, those of one table."""

import pytest

from shared.rls_context import Shape
from shared.sql_guard import SqlGuard, load_allowed_functions
from shared.sql_guard.parsing import parse_select
from shared.sql_guard.shape import shape_of

PLAIN = [
    "SELECT 1",
    "SELECT date_trunc('month', order_date), count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 3",
    "SELECT 1 FROM orders JOIN order_items USING (store_id, order_id) LEFT JOIN products USING (product_id)",
    "SELECT 1 FROM orders NATURAL JOIN stores, categories CROSS JOIN product_types",
    "SELECT 1 FROM (orders AS o JOIN stores AS s USING (store_id)) JOIN order_items AS i USING (order_id)",
    "SELECT sum(quantity) FILTER (WHERE sqrt(quantity) > 2), random() FROM order_items ORDER BY 1",
    "SELECT count(*) OVER () FROM orders",
    "SELECT DISTINCT store_id FROM orders",
    "SELECT row_number() OVER (PARTITION BY store_id ORDER BY length(store_name)) FROM stores LIMIT 5 OFFSET 1",
]
SINGLE = [
    "SELECT count(*) FROM orders",
    "TABLE orders",
    "SELECT count(*), count(DISTINCT customer_id) FROM orders WHERE order_date >= DATE '2025-01-01'",
    "SELECT order_id, customer_id AS over FROM orders AS o WHERE o.order_id = 5 LIMIT 3 OFFSET 1",
    "SELECT array_agg(order_id ORDER BY order_date) FROM orders WHERE order_id BETWEEN 1 AND 5 OR customer_id IN (7)",
    "SELECT sum(quantity) FROM order_items HAVING sum(quantity) > 1",
]
NEITHER = [
    "SELECT 1 UNION ALL SELECT 2",
    "SELECT 1 INTERSECT SELECT 2",
    "VALUES (1)",
    "WITH a AS (SELECT 1) SELECT 1 FROM a",
    "SELECT 1 FROM (SELECT 1 AS n) AS s",
    "SELECT 1 FROM (VALUES (1)) AS v (n)",
    "SELECT 1 FROM generate_series(1, 2)",
    "SELECT 1 FROM abs(5) AS a (order_id) JOIN orders USING (order_id)",
    "SELECT 1 FROM CAST('5' AS integer) AS a (order_id) NATURAL JOIN orders",
    "SELECT 1 FROM orders, LATERAL unnest(ARRAY[order_id])",
    "SELECT 1 FROM orders TABLESAMPLE SYSTEM (1)",
    "SELECT (SELECT 1)",
    "SELECT EXISTS (TABLE stores)",
    "SELECT 1 FROM orders LIMIT (SELECT 1)",
    "SELECT 1 FROM orders ORDER BY (SELECT 1)",
    "SELECT count(*) FILTER (WHERE (SELECT true)) FROM orders",
    "SELECT count(*) FROM orders NATURAL JOIN order_items HAVING count(*) > 1",
    "SELECT 1 FROM orders, order_items WHERE true",
    "SELECT store_id FROM orders WHERE order_id > 5 GROUP BY store_id",
    "SELECT 1 FROM orders WHERE order_id > 5 ORDER BY 1",
    "SELECT DISTINCT store_id FROM orders WHERE order_id > 5",
    "SELECT count(*) OVER () FROM orders WHERE order_id > 5",
    "SELECT count(*) OVER w FROM orders WHERE order_id > 5 WINDOW w AS ()",
    "SELECT 1 FROM orders WHERE order_id IN (SELECT order_id FROM order_items)",
    "SELECT 1 FROM orders WHERE order_id = ANY (ARRAY(TABLE categories))",
    "SELECT 1 WHERE true",
    "SELECT 1 FROM orders AS o JOIN order_items AS i ON i.store_id = o.store_id AND i.order_id = o.order_id",
    "SELECT 1 FROM orders AS o LEFT JOIN stores AS s ON true",
    "SELECT 1 FROM orders JOIN (SELECT 1 AS order_id) AS s USING (order_id)",
    "SELECT 1 FROM (orders JOIN unnest(ARRAY[1]) AS u (order_id) USING (order_id)) JOIN stores USING (store_id)",
]

guard = SqlGuard(load_allowed_functions())


@pytest.mark.parametrize("statement", PLAIN)
def test_without_a_condition_it_is_plain(statement: str) -> None:
    assert guard.check(statement).shape == Shape.PLAIN


@pytest.mark.parametrize("statement", SINGLE)
def test_of_one_table_in_no_order_it_is_single(statement: str) -> None:
    assert guard.check(statement).shape == Shape.SINGLE


@pytest.mark.parametrize("statement", NEITHER)
def test_others_are_neither(statement: str) -> None:
    assert shape_of(parse_select(statement)[0]) is None
