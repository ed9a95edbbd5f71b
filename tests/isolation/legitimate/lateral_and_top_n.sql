-- The best of each: LATERAL, DISTINCT ON, WITH TIES; functions in FROM.

-- name: last_three_orders_of_each_store
SELECT s.store_name, o.order_id, o.order_date
FROM stores s CROSS
JOIN LATERAL (SELECT order_id, order_date FROM orders WHERE orders.store_id = s.store_id ORDER BY order_date DESC,
    order_id DESC LIMIT 3) AS o
ORDER BY s.store_id, o.order_date DESC, o.order_id DESC;

-- name: left_join_lateral
SELECT c.customer_id, c.last_name, latest.order_date
FROM customers c LEFT
JOIN LATERAL (SELECT o.order_date FROM orders o WHERE o.customer_id = c.customer_id
    ORDER BY o.order_date DESC LIMIT 1) AS latest ON true
WHERE c.customer_id BETWEEN 1000 AND 1100 ORDER BY c.customer_id;

-- name: first_order_of_each_customer
SELECT DISTINCT ON (customer_id) customer_id, order_date, order_id, store_id
FROM orders WHERE customer_id < 300
ORDER BY customer_id, order_date, order_id;

-- name: best_type_of_each_store
SELECT DISTINCT ON (oi.store_id) oi.store_id, t.type_name, sum(oi.quantity) AS pieces
FROM order_items oi JOIN products p USING (product_id) JOIN product_types t USING (type_id)
GROUP BY oi.store_id, t.type_id, t.type_name ORDER BY oi.store_id, pieces DESC, t.type_id;

-- name: with_ties
SELECT product_id, base_price FROM products ORDER BY base_price FETCH FIRST 6 ROWS WITH TIES;

-- name: with_ties_of_discounts
SELECT DISTINCT discount_percent, count(*) AS lines
FROM order_items WHERE discount_percent > 0
GROUP BY discount_percent
ORDER BY count(*) DESC, discount_percent FETCH FIRST 5 ROWS ONLY;

-- name: lateral_arithmetic
SELECT p.sku, calc.margin, calc.percent
FROM products p, LATERAL (SELECT p.base_price - p.cost AS margin) AS m,
    LATERAL (SELECT m.margin, round(100 * m.margin / p.base_price, 2) AS percent) AS calc
ORDER BY calc.margin DESC, p.sku LIMIT 20;

-- name: lateral_series
SELECT i.store_id, i.product_id, block.n
FROM inventory i CROSS JOIN LATERAL generate_series(1, i.stock_level / 10) AS block (n)
WHERE i.product_id = 5 ORDER BY i.store_id, block.n;

-- name: top_two_of_each_month
WITH months AS (SELECT generate_series(DATE '2025-01-01', DATE '2025-06-01', INTERVAL '1 month')::date AS month)
SELECT months.month, top.product_id, top.pieces
FROM months LEFT JOIN LATERAL (
    SELECT oi.product_id, sum(oi.quantity) AS pieces
    FROM orders o JOIN order_items oi ON oi.store_id = o.store_id AND oi.order_id = o.order_id
    WHERE o.order_date >= months.month AND o.order_date < months.month + INTERVAL '1 month'
    GROUP BY oi.product_id ORDER BY pieces DESC, oi.product_id LIMIT 2) AS top ON true
ORDER BY months.month, top.pieces DESC, top.product_id;

-- name: rows_from_two_functions
SELECT *
FROM ROWS
FROM (generate_series(1, 4), unnest(ARRAY['north', 'south', 'east'])) WITH ORDINALITY AS r (number, direction, place)
ORDER BY place;

-- name: nearest_price_below_and_above
SELECT target, below.product_id AS below, above.product_id AS above
FROM unnest(ARRAY[10.0, 25.0, 100.0]::numeric[]) AS target
LEFT
JOIN LATERAL (SELECT product_id FROM products WHERE base_price <= target ORDER BY base_price DESC,
    product_id LIMIT 1) AS below ON true
LEFT
JOIN LATERAL (SELECT product_id FROM products WHERE base_price > target ORDER BY base_price,
    product_id LIMIT 1) AS above ON true
ORDER BY target;

-- name: random_sample_of_known_size
SELECT count(*) AS sampled FROM (SELECT order_id FROM orders WHERE store_id = 7 ORDER BY random() LIMIT 40) AS sample;

-- name: random_in_the_list
SELECT count(*) AS rows, bool_and(dice BETWEEN 0 AND 1) AS in_range
FROM (SELECT product_id, random() AS dice FROM products) AS rolled;

-- name: whole_sample
SELECT count(*) AS all_of_them FROM order_items TABLESAMPLE BERNOULLI (100) WHERE quantity > 3;

-- name: whole_system_sample
SELECT store_id, count(*) AS products
FROM retail.inventory TABLESAMPLE SYSTEM (100) REPEATABLE (7)
GROUP BY store_id
ORDER BY store_id;
