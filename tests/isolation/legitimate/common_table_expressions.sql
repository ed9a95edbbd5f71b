-- WITH: chains, materialised or not, shadowing, used twice, nested.

-- name: chain_of_four
WITH sold AS (SELECT product_id, sum(quantity) AS pieces FROM order_items GROUP BY product_id),
stocked AS (SELECT product_id, sum(stock_level) AS stock FROM inventory GROUP BY product_id),
both_sides AS (SELECT product_id, coalesce(pieces, 0) AS pieces, stock FROM stocked LEFT JOIN sold USING (product_id)),
ratio AS (SELECT *, round(stock::numeric / greatest(pieces, 1), 4) AS cover FROM both_sides)
SELECT r.product_id, p.product_name, r.pieces, r.stock, r.cover
FROM ratio r JOIN products p USING (product_id)
ORDER BY cover, product_id LIMIT 30;

-- name: materialized
WITH december AS MATERIALIZED (SELECT * FROM orders WHERE order_date BETWEEN '2025-12-01' AND '2025-12-31')
SELECT store_id, count(*) AS orders, count(DISTINCT customer_id) AS customers
FROM december
GROUP BY store_id
ORDER BY store_id;

-- name: not_materialized
WITH recent AS NOT MATERIALIZED (SELECT * FROM orders WHERE order_date >= '2026-01-01')
SELECT (SELECT count(*) FROM recent WHERE order_date < '2026-02-01') AS january,
    (SELECT count(*) FROM recent WHERE order_date >= '2026-12-01') AS december;

-- name: used_twice
WITH by_store AS (SELECT store_id, count(*) AS orders FROM orders GROUP BY store_id)
SELECT a.store_id, b.store_id AS smaller FROM by_store a JOIN by_store b ON a.orders > b.orders ORDER BY 1, 2;

-- name: column_names_given
WITH totals (shop, lines, money) AS (SELECT store_id, count(*), sum(total_amount) FROM order_items GROUP BY store_id)
SELECT shop, lines, money, round(money / lines, 2) AS per_line FROM totals ORDER BY shop;

-- name: shadows_a_table
WITH orders AS (SELECT store_id, order_id FROM retail.orders WHERE order_date = '2024-07-04')
SELECT store_id, count(*) FROM orders GROUP BY store_id ORDER BY store_id;

-- name: nested_with
WITH outer_part AS (WITH inner_part AS
    (SELECT category_id, avg(base_price) AS mean FROM products GROUP BY category_id) SELECT category_id,
        round(mean, 2) AS mean
    FROM inner_part WHERE mean > 20)
SELECT category_name, mean FROM outer_part JOIN categories USING (category_id) ORDER BY mean DESC;

-- name: with_inside_a_subquery
SELECT s.store_name, (WITH big AS
    (SELECT order_id, sum(total_amount) AS t FROM order_items i WHERE i.store_id = s.store_id AND i.product_id < 20
        GROUP BY order_id) SELECT max(t)
    FROM big) AS largest
FROM stores s ORDER BY s.store_id;

-- name: with_values
WITH goal (store_id, target) AS (VALUES (1, 9000), (2, 6000), (6, 800), (7, 500))
SELECT goal.store_id, goal.target, count(o.order_id) AS orders, count(o.order_id) >= goal.target AS reached
FROM goal LEFT JOIN orders o ON o.store_id = goal.store_id AND o.order_date >= '2026-01-01'
GROUP BY goal.store_id, goal.target
ORDER BY goal.store_id;

-- name: parameters_as_a_table
WITH parameters AS (SELECT DATE '2025-04-01' AS from_day, DATE '2025-06-30' AS to_day, 50::numeric AS least)
SELECT oi.store_id, count(*) AS lines FROM order_items oi JOIN orders o USING (store_id, order_id), parameters
WHERE o.order_date BETWEEN parameters.from_day AND parameters.to_day AND oi.total_amount >= parameters.least
GROUP BY oi.store_id
ORDER BY 1;

-- name: unused_one
WITH never_used AS (SELECT 1 / 0 AS boom) SELECT count(*) AS customers FROM customers;

-- name: with_before_a_union
WITH y AS (SELECT store_id, extract(year FROM order_date)::int AS year FROM orders WHERE order_date >= '2025-01-01')
SELECT 'store ' || store_id AS what, count(*)
FROM y
GROUP BY store_id UNION ALL SELECT 'year ' || year, count(*)
FROM y
GROUP BY year
ORDER BY 1;

-- name: with_and_table_command
WITH cheap AS (SELECT product_id, sku FROM products WHERE base_price < 3) TABLE cheap ORDER BY product_id;

-- name: dates_then_gaps
WITH days AS (SELECT day::date FROM generate_series(DATE '2024-02-01', DATE '2024-02-29', INTERVAL '1 day') AS day),
sold AS (SELECT order_date, count(*) AS orders FROM orders GROUP BY order_date)
SELECT days.day, coalesce(sold.orders, 0) AS orders
FROM days LEFT JOIN sold ON sold.order_date = days.day
ORDER BY days.day;
