-- Subtotals: ROLLUP, CUBE, GROUPING SETS and GROUPING().

-- name: rollup_of_year_and_quarter
SELECT extract(year FROM order_date)::int AS year, extract(quarter FROM order_date)::int AS quarter, count(*) AS orders
FROM orders GROUP BY ROLLUP (1, 2) ORDER BY 1 NULLS LAST, 2 NULLS LAST;

-- name: cube_of_store_and_year
SELECT store_id, extract(year FROM order_date)::int AS year, count(*) AS orders
FROM orders GROUP BY CUBE (store_id, extract(year FROM order_date)) ORDER BY store_id NULLS FIRST, year NULLS FIRST;

-- name: grouping_sets_with_total
SELECT s.store_name, c.category_name, sum(oi.total_amount) AS revenue
FROM order_items oi JOIN stores s USING (store_id) JOIN products p USING (product_id)
JOIN categories c USING (category_id)
GROUP BY GROUPING SETS ((s.store_name), (c.category_name), ())
ORDER BY s.store_name NULLS LAST, c.category_name NULLS LAST;

-- name: labelled_subtotals
SELECT CASE WHEN grouping(c.category_name) = 1 THEN 'all categories' ELSE c.category_name END AS category,
    CASE WHEN grouping(t.type_name) = 1 THEN 'all types' ELSE t.type_name END AS type,
    count(*) AS products, sum(p.base_price) AS price_sum
FROM products p JOIN product_types t USING (type_id) JOIN categories c ON c.category_id = t.category_id
GROUP BY ROLLUP (c.category_name, t.type_name)
ORDER BY grouping(c.category_name), category, grouping(t.type_name), type;

-- name: grouping_bits
SELECT grouping(store_id, discount_percent) AS bits, store_id, discount_percent, count(*)
FROM order_items WHERE discount_percent IN (0, 5, 10, 15, 20)
GROUP BY CUBE (store_id, discount_percent) ORDER BY bits, store_id, discount_percent;

-- name: rollup_of_a_pair
SELECT date_part('year', order_date)::int AS year, date_part('month', order_date)::int AS month, store_id, count(*)
FROM orders WHERE order_date >= '2026-01-01'
GROUP BY ROLLUP ((date_part('year', order_date), date_part('month', order_date)), store_id) ORDER BY 1, 2, 3;

-- name: distinct_grouping_sets
SELECT store_id, discount_percent > 0 AS discounted, sum(quantity) AS pieces
FROM order_items GROUP BY DISTINCT ROLLUP (store_id, discount_percent > 0), ROLLUP (store_id) ORDER BY 1, 2, 3;

-- name: plain_column_and_rollup
SELECT store_id, to_char(order_date, 'YYYY') AS year, to_char(order_date, 'Q') AS quarter, count(*) AS orders
FROM orders WHERE order_date BETWEEN '2023-01-01' AND '2024-12-31'
GROUP BY store_id, ROLLUP (to_char(order_date, 'YYYY'), to_char(order_date, 'Q')) ORDER BY 1, 2, 3;

-- name: subtotals_only
SELECT category_id, type_id, round(avg(cost), 2) AS mean_cost
FROM products
GROUP BY GROUPING SETS ((category_id), (category_id, type_id)) HAVING grouping(type_id) = 1
ORDER BY category_id;

-- name: average_ticket_in_a_cube
SELECT b.store_id, b.weekend, round(avg(b.total), 2) AS mean_ticket, count(*) AS tickets
FROM (SELECT o.store_id, extract(isodow FROM o.order_date) > 5 AS weekend, sum(i.total_amount) AS total
      FROM orders o JOIN order_items i USING (store_id, order_id) WHERE o.order_date >= '2026-07-01'
      GROUP BY o.store_id, o.order_id, o.order_date) AS b
GROUP BY CUBE (b.store_id, b.weekend) ORDER BY b.store_id, b.weekend;

-- name: rank_within_each_level
SELECT level, name, revenue, rank() OVER (PARTITION BY level ORDER BY revenue DESC) AS place
FROM (
    SELECT grouping(p.category_id, oi.store_id) AS level,
        coalesce('category ' || p.category_id, 'store ' || oi.store_id, 'total') AS name,
        sum(oi.total_amount) AS revenue
    FROM order_items oi JOIN products p USING (product_id)
    GROUP BY GROUPING SETS ((p.category_id), (oi.store_id), ())
) AS levels
ORDER BY level, place, name;

-- name: empty_grouping_set
SELECT count(*) AS orders, max(order_date) AS last_day FROM orders GROUP BY ();
