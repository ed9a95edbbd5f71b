-- Window functions: ranks, neighbours, running totals, frames by ROWS, RANGE and GROUPS, exclusion, named windows.

-- name: best_products_of_each_category
SELECT category_name, product_name, revenue, place
FROM (
    SELECT c.category_name, p.product_name, sum(oi.total_amount) AS revenue,
        rank() OVER (PARTITION BY c.category_id ORDER BY sum(oi.total_amount) DESC, p.product_name) AS place
    FROM order_items oi JOIN products p USING (product_id) JOIN categories c USING (category_id)
    GROUP BY c.category_id, c.category_name, p.product_name
) AS ranked
WHERE place <= 3
ORDER BY category_name, place;

-- name: running_total_by_month
WITH monthly AS (
    SELECT date_trunc('month', o.order_date)::date AS month, sum(i.total_amount) AS revenue
    FROM orders o JOIN order_items i USING (store_id, order_id) WHERE o.order_date >= '2026-01-01' GROUP BY 1
)
SELECT month, revenue, sum(revenue) OVER (ORDER BY month) AS so_far FROM monthly ORDER BY month;

-- name: change_to_the_month_before
WITH monthly AS (SELECT date_trunc('month', order_date) AS month, count(*) AS orders FROM orders
    WHERE order_date >= '2024-01-01' GROUP BY 1)
SELECT month, orders, lag(orders) OVER w AS before, orders - lag(orders, 1, 0::bigint) OVER w AS change,
    round(100.0 * orders / nullif(lag(orders) OVER w, 0) - 100, 1) AS percent
FROM monthly WINDOW w AS (ORDER BY month) ORDER BY month;

-- name: year_over_year_by_lag
WITH monthly AS (SELECT extract(year FROM order_date)::int AS y, extract(month FROM order_date)::int AS m, count(*) AS n
    FROM orders GROUP BY 1, 2)
SELECT y, m, n, lag(n) OVER (PARTITION BY m ORDER BY y) AS year_before FROM monthly ORDER BY y, m;

-- name: moving_average_of_seven_days
SELECT order_date, count(*) AS orders,
    round(avg(count(*)) OVER (ORDER BY order_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW), 3) AS smooth
FROM orders WHERE order_date BETWEEN '2025-05-01' AND '2025-06-30' GROUP BY order_date ORDER BY order_date;

-- name: centred_average_by_range
SELECT order_date, count(*) AS orders,
    sum(count(*)) OVER (ORDER BY order_date RANGE BETWEEN INTERVAL '3 days' PRECEDING
        AND INTERVAL '3 days' FOLLOWING) AS around
FROM orders WHERE order_date BETWEEN '2021-02-01' AND '2021-03-15' GROUP BY order_date ORDER BY order_date;

-- name: frame_by_groups
SELECT base_price, product_id, count(*) OVER (ORDER BY base_price GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS near
FROM products WHERE category_id = 3 ORDER BY base_price, product_id;

-- name: exclude_current_row
SELECT store_id, product_id, stock_level,
    round(avg(stock_level) OVER (PARTITION BY product_id ROWS BETWEEN UNBOUNDED PRECEDING
        AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW), 2) AS elsewhere
FROM inventory WHERE product_id <= 30 ORDER BY product_id, store_id;

-- name: exclude_ties
SELECT product_id, base_price,
    sum(base_price) OVER (ORDER BY base_price RANGE UNBOUNDED PRECEDING EXCLUDE TIES) AS up_to_me
FROM products WHERE type_id <= 8 ORDER BY base_price, product_id;

-- name: exclude_group
SELECT store_id, quantity, count(*) AS lines,
    sum(count(*)) OVER (PARTITION BY store_id
        ORDER BY quantity ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP) AS others
FROM order_items WHERE discount_percent = 7 GROUP BY store_id, quantity ORDER BY store_id, quantity;

-- name: quartile_of_each_product
SELECT product_id, base_price, ntile(4) OVER (ORDER BY base_price, product_id) AS quartile
FROM products WHERE category_id IN (2, 8)
ORDER BY quartile, product_id;

-- name: first_and_last_of_a_store
SELECT DISTINCT store_id, first_value(order_id) OVER w AS first_order, last_value(order_id) OVER w AS last_order
FROM orders WHERE order_date >= '2026-06-01'
WINDOW w AS (PARTITION BY store_id ORDER BY order_date,
    order_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY store_id;

-- name: second_best_seller
SELECT DISTINCT category_id,
    nth_value(product_id, 2) OVER (PARTITION BY category_id ORDER BY sold DESC,
        product_id RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS second
FROM (SELECT p.category_id, p.product_id, sum(oi.quantity) AS sold FROM products p
    JOIN order_items oi USING (product_id) GROUP BY p.product_id) AS s
ORDER BY category_id;

-- name: three_kinds_of_rank
SELECT store_id, orders, row_number() OVER w, rank() OVER w, dense_rank() OVER w
FROM (SELECT store_id, count(*) / 1000 AS orders FROM orders GROUP BY store_id) AS s
WINDOW w AS (ORDER BY orders DESC, store_id)
ORDER BY store_id;

-- name: percent_rank_of_stock
SELECT product_id, store_id, stock_level, round(percent_rank() OVER w::numeric, 4) AS percent_rank,
    round(cume_dist() OVER w::numeric, 4) AS cume_dist
FROM inventory WHERE product_id % 40 = 7 WINDOW w AS (PARTITION BY store_id ORDER BY stock_level)
ORDER BY store_id, stock_level, product_id;

-- name: days_between_visits
SELECT customer_id, order_date,
    order_date - lag(order_date) OVER (PARTITION BY customer_id ORDER BY order_date, order_id) AS days
FROM orders WHERE customer_id < 220 ORDER BY customer_id, order_date, order_id;

-- name: next_visit
SELECT customer_id, order_id, order_date,
    lead(order_date) OVER (PARTITION BY customer_id ORDER BY order_date, order_id) AS again_on
FROM orders WHERE customer_id BETWEEN 2000 AND 2200 ORDER BY customer_id, order_date, order_id;

-- name: share_of_the_store
SELECT store_id, category_id, revenue, round(revenue / sum(revenue) OVER (PARTITION BY store_id) * 100, 2) AS percent
FROM (SELECT oi.store_id, p.category_id, sum(oi.total_amount) AS revenue FROM order_items oi
    JOIN products p USING (product_id) GROUP BY 1, 2) AS r
ORDER BY store_id, percent DESC, category_id;

-- name: cumulative_distinct_by_first_seen
SELECT first_day, count(*) AS new_products, sum(count(*)) OVER (ORDER BY first_day) AS products_so_far
FROM (SELECT oi.product_id, min(o.order_date) AS first_day FROM order_items oi JOIN orders o USING (store_id, order_id)
    WHERE o.order_date < '2020-04-01' GROUP BY oi.product_id) AS f
GROUP BY first_day ORDER BY first_day;

-- name: filter_in_a_window
SELECT order_date, store_id, count(*) AS n,
    sum(count(*)) FILTER (WHERE store_id IN (1, 7)) OVER (PARTITION BY order_date) AS lake_side
FROM orders WHERE order_date BETWEEN '2022-08-01' AND '2022-08-14'
GROUP BY order_date, store_id
ORDER BY order_date, store_id;

-- name: window_inheriting_a_window
SELECT store_id, order_date, n, sum(n) OVER by_day AS so_far, max(n) OVER by_store AS best
FROM (SELECT store_id, order_date, count(*) AS n FROM orders WHERE order_date BETWEEN '2024-12-20' AND '2024-12-31'
    GROUP BY 1, 2) AS d
WINDOW by_store AS (PARTITION BY store_id), by_day AS (by_store ORDER BY order_date)
ORDER BY store_id, order_date;

-- name: running_list_of_names
SELECT category_id, string_agg(category_name, ' > ') OVER (ORDER BY category_id) AS path
FROM categories
ORDER BY category_id;

-- name: array_of_the_last_three
SELECT order_id, array_agg(order_id) OVER (ORDER BY order_id ROWS 2 PRECEDING) AS last_three
FROM orders WHERE store_id = 7 AND order_date >= '2026-12-01'
ORDER BY order_id;

-- name: numbered_lines_of_an_order
SELECT order_id, row_number() OVER (PARTITION BY store_id, order_id ORDER BY order_item_id) AS line, product_id
FROM order_items WHERE order_id BETWEEN 150000 AND 150200 ORDER BY order_id, line;

-- name: largest_gap_without_orders
SELECT order_date, gap FROM (
    SELECT order_date, order_date - lag(order_date) OVER (ORDER BY order_date) AS gap
    FROM (SELECT DISTINCT order_date FROM orders WHERE store_id IN (6, 7)) AS days
) AS gaps WHERE gap IS NOT NULL ORDER BY gap DESC, order_date LIMIT 10;

-- name: pareto_of_products
SELECT product_id, revenue,
    round(100 * sum(revenue) OVER (ORDER BY revenue DESC, product_id) / sum(revenue) OVER (), 2) AS cumulative_percent
FROM (SELECT product_id, sum(total_amount) AS revenue FROM order_items GROUP BY product_id) AS r
ORDER BY revenue DESC, product_id LIMIT 100;

-- name: difference_to_the_best
SELECT store_id, revenue, max(revenue) OVER () - revenue AS behind, revenue = max(revenue) OVER () AS is_best
FROM (SELECT store_id, sum(total_amount) AS revenue FROM order_items WHERE product_id BETWEEN 1 AND 100
    GROUP BY store_id) AS r
ORDER BY store_id;

-- name: numeric_range_frame
SELECT product_id, base_price,
    count(*) OVER (ORDER BY base_price RANGE BETWEEN 5.00 PRECEDING AND 5.00 FOLLOWING) AS similar_priced
FROM products WHERE base_price < 40 ORDER BY base_price, product_id;

-- name: distinct_on_top_of_a_window
SELECT DISTINCT ON (store_id) store_id, order_date, count(*) OVER (PARTITION BY store_id, order_date) AS that_day
FROM orders WHERE order_date >= '2026-11-01'
ORDER BY store_id, count(*) OVER (PARTITION BY store_id, order_date) DESC, order_date;

-- name: rank_over_an_aggregate_filter
SELECT product_id, count(*) FILTER (WHERE discount_percent > 0) AS discounted,
    dense_rank() OVER (ORDER BY count(*) FILTER (WHERE discount_percent > 0) DESC) AS place
FROM order_items GROUP BY product_id ORDER BY place, product_id LIMIT 20;
