"""Which statements are called plain: those without any condition."""

import pytest

from shared.sql_guard import SqlGuard, load_allowed_functions
from shared.sql_guard.parsing import parse_select
from shared.sql_guard.plain import is_plain

PLAIN = [
    "SELECT 1",
    "SELECT count(*) FROM orders",
    "TABLE orders",
    "SELECT date_trunc('month', order_date), count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 3",
    "SELECT 1 FROM orders JOIN order_items USING (store_id, order_id) LEFT JOIN products USING (product_id)",
    "SELECT 1 FROM orders NATURAL JOIN stores, categories CROSS JOIN product_types",
    "SELECT 1 FROM (orders AS o JOIN stores AS s USING (store_id)) JOIN order_items AS i USING (order_id)",
    "SELECT sum(quantity) FILTER (WHERE sqrt(quantity) > 2), random() FROM order_items ORDER BY 1",
    "SELECT row_number() OVER (PARTITION BY store_id ORDER BY length(store_name)) FROM stores LIMIT 5 OFFSET 1",
]
NOT_PLAIN = [
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
    "SELECT count(*) FROM orders HAVING count(*) > 1",
    "SELECT 1 FROM orders WHERE true",
    "SELECT 1 FROM orders WHERE order_id = 5",
    "SELECT 1 FROM orders AS o JOIN order_items AS i ON i.store_id = o.store_id AND i.order_id = o.order_id",
    "SELECT 1 FROM orders AS o LEFT JOIN stores AS s ON true",
    "SELECT 1 FROM orders JOIN (SELECT 1 AS order_id) AS s USING (order_id)",
    "SELECT 1 FROM (orders JOIN unnest(ARRAY[1]) AS u (order_id) USING (order_id)) JOIN stores USING (store_id)",
]

guard = SqlGuard(load_allowed_functions())


@pytest.mark.parametrize("statement", PLAIN)
def test_without_a_condition_it_is_plain(statement: str) -> None:
    assert guard.check(statement).plain


@pytest.mark.parametrize("statement", NOT_PLAIN)
def test_with_one_it_is_not(statement: str) -> None:
    assert not is_plain(parse_select(statement)[0])
