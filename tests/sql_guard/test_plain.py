"""Which statements are called plain: only those whose conditions compare columns and constants."""

import pytest

from shared.sql_guard import SqlGuard, load_allowed_functions
from shared.sql_guard.parsing import parse_select
from shared.sql_guard.plain import is_plain

PLAIN = [
    "SELECT 1",
    "SELECT count(*) FROM orders",
    "TABLE orders",
    "SELECT date_trunc('month', order_date), count(*) FROM orders WHERE order_date >= '2024-01-01' GROUP BY 1",
    "SELECT count(*) FROM orders WHERE order_date >= DATE '2024-01-01' AND order_date < '2025-01-01'::date",
    "SELECT 1 FROM customers WHERE created_at > timestamptz '2024-01-01 10:00:00.5+02' OR created_at IS NULL",
    "SELECT 1 FROM orders AS o JOIN order_items AS i ON i.store_id = o.store_id AND i.order_id = o.order_id",
    "SELECT 1 FROM orders JOIN order_items USING (store_id, order_id) LEFT JOIN products USING (product_id)",
    "SELECT 1 FROM orders NATURAL JOIN stores, categories WHERE orders.order_id <> 5",
    "SELECT 1 FROM (orders o JOIN stores s ON NOT s.is_online) JOIN order_items i ON i.quantity BETWEEN 1 AND 3",
    "SELECT first_name FROM customers WHERE email LIKE 'a%' AND last_name NOT ILIKE '%b' AND phone IS NOT NULL",
    "SELECT 1 FROM stores WHERE is_online IS NOT TRUE AND store_id IN (1, 2, 3) AND store_name NOT IN ('a', 'b')",
    "SELECT 1 FROM order_items WHERE unit_price IS DISTINCT FROM 5 AND quantity != -1 AND discount_percent <= 10.5",
    "SELECT sum(quantity) FILTER (WHERE sqrt(quantity) > 2), random() FROM order_items WHERE store_id = 1 ORDER BY 1",
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
    "SELECT 1 FROM orders, LATERAL unnest(ARRAY[order_id])",
    "SELECT 1 FROM orders TABLESAMPLE SYSTEM (1)",
    "SELECT (SELECT 1)",
    "SELECT EXISTS (TABLE stores)",
    "SELECT 1 FROM orders LIMIT (SELECT 1)",
    "SELECT 1 FROM orders ORDER BY (SELECT 1)",
    "SELECT count(*) FILTER (WHERE (SELECT true)) FROM orders",
    "SELECT count(*) FROM orders HAVING count(*) > 1",
    "SELECT 1 FROM orders WHERE order_id = (SELECT 1)",
    "SELECT 1 FROM orders WHERE order_id IN (SELECT 1)",
    "SELECT 1 FROM orders WHERE order_id = ANY (ARRAY[1])",
    "SELECT 1 FROM orders WHERE order_id IN (1, abs(2))",
    "SELECT 1 FROM orders WHERE customer_id IS NULL OR 1 = length('a')",
    "SELECT 1 FROM orders WHERE order_date > CURRENT_DATE",
    "SELECT 1 FROM orders WHERE order_date > now()",
    "SELECT 1 FROM orders WHERE order_id + 1 = 2",
    "SELECT 1 FROM orders WHERE 1 / order_id = 2",
    "SELECT 1 FROM orders WHERE order_id = 1 / 0",
    "SELECT 1 FROM orders WHERE -order_id = 2",
    "SELECT 1 FROM orders WHERE order_id OPERATOR(pg_catalog.=) 2",
    "SELECT 1 FROM orders WHERE CASE WHEN order_id = 1 THEN true END",
    "SELECT 1 FROM orders WHERE COALESCE(order_id, 1) = 1",
    "SELECT 1 FROM orders WHERE (order_id, 1) = (1, 1)",
    "SELECT 1 FROM orders WHERE order_date = '2024-01-01'::text::date",
    "SELECT 1 FROM orders WHERE order_id = '1'::integer",
    "SELECT 1 FROM orders WHERE order_date > DATE '5874897-12-31'",
    "SELECT 1 FROM orders WHERE order_date > DATE 'today'",
    "SELECT 1 FROM orders WHERE order_date > DATE '2024-01-01' - INTERVAL '1 day'",
    "SELECT 1 FROM customers WHERE created_at AT TIME ZONE 'UTC' > '2024-01-01'",
    "SELECT 1 FROM customers WHERE email COLLATE \"C\" > 'a'",
    "SELECT 1 FROM customers WHERE email SIMILAR TO 'a'",
    "SELECT 1 FROM customers WHERE email LIKE 'a' ESCAPE 'b'",
    "SELECT 1 FROM customers WHERE email ~ 'a'",
    "SELECT 1 FROM customers WHERE email || 'a' = 'b'",
    "SELECT 1 FROM orders o JOIN stores s ON s.store_id = o.store_id AND random() > 0",
    "SELECT 1 FROM stores WHERE store_name IS NORMALIZED",
    "SELECT 1 FROM orders JOIN (SELECT 1 AS order_id) AS s USING (order_id)",
    "SELECT 1 FROM (orders JOIN unnest(ARRAY[1]) AS u (order_id) USING (order_id)) JOIN stores USING (store_id)",
]


guard = SqlGuard(load_allowed_functions())


@pytest.mark.parametrize("statement", PLAIN)
def test_comparisons_of_columns_and_constants_are_plain(statement: str) -> None:
    assert guard.check(statement).plain


@pytest.mark.parametrize("statement", NOT_PLAIN)
def test_everything_else_is_not(statement: str) -> None:
    assert not is_plain(parse_select(statement)[0])
