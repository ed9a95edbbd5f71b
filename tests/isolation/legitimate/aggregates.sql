-- GROUP BY over months, quarters, weekdays, stores, categories; HAVING, FILTER, crosstabs, ordered sets.

-- name: revenue_by_month
SELECT date_trunc('month', o.order_date)::date AS month, sum(oi.total_amount) AS revenue,
    count(DISTINCT o.order_id) AS orders
FROM orders o JOIN order_items oi ON oi.store_id = o.store_id AND oi.order_id = o.order_id
WHERE o.order_date >= '2025-01-01' AND o.order_date < '2026-01-01'
GROUP BY 1
ORDER BY 1;

-- name: orders_by_quarter
SELECT extract(year FROM order_date)::int AS year, extract(quarter FROM order_date)::int AS quarter, count(*)
FROM orders GROUP BY 1, 2 ORDER BY 1, 2;

-- name: orders_by_weekday
SELECT to_char(order_date, 'Dy') AS weekday, count(*) AS orders,
    round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS percent
FROM orders
GROUP BY to_char(order_date, 'Dy'), extract(isodow FROM order_date)
ORDER BY extract(isodow FROM order_date);

-- name: category_totals
SELECT c.category_name, sum(oi.quantity) AS pieces, sum(oi.total_amount) AS revenue,
    round(avg(oi.discount_percent), 3) AS mean_discount
FROM order_items oi JOIN products p USING (product_id) JOIN categories c USING (category_id)
GROUP BY c.category_name
ORDER BY revenue DESC;

-- name: crosstab_of_quarters
SELECT store_id,
    count(*) FILTER (WHERE extract(quarter FROM order_date) = 1) AS q1,
    count(*) FILTER (WHERE extract(quarter FROM order_date) = 2) AS q2,
    count(*) FILTER (WHERE extract(quarter FROM order_date) = 3) AS q3,
    count(*) FILTER (WHERE extract(quarter FROM order_date) = 4) AS q4
FROM orders
WHERE order_date >= '2024-01-01' AND order_date < '2025-01-01'
GROUP BY store_id
ORDER BY store_id;

-- name: crosstab_by_case
SELECT store_id, sum(CASE WHEN discount_percent > 0 THEN total_amount ELSE 0 END) AS discounted,
    sum(CASE WHEN discount_percent = 0 THEN total_amount ELSE 0 END) AS full_price
FROM order_items GROUP BY store_id ORDER BY store_id;

-- name: busy_days
SELECT order_date, count(*) AS orders FROM orders GROUP BY order_date
HAVING count(*) >= (SELECT 1.4 * avg(daily.orders)
    FROM (SELECT count(*) AS orders FROM orders GROUP BY order_date) AS daily)
ORDER BY orders DESC, order_date LIMIT 30;

-- name: basket_sizes
SELECT lines, count(*) AS orders
FROM (SELECT store_id, order_id, count(*) AS lines FROM order_items GROUP BY store_id, order_id) AS baskets
GROUP BY lines ORDER BY lines;

-- name: median_basket
SELECT store_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY basket) AS median, round(avg(basket), 2) AS mean
FROM (SELECT store_id, order_id, sum(total_amount) AS basket FROM order_items GROUP BY store_id, order_id) AS baskets
GROUP BY store_id ORDER BY store_id;

-- name: deciles_of_price
SELECT percentile_disc(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (ORDER BY base_price) AS deciles,
    percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY base_price) AS quartiles
FROM products;

-- name: most_frequent_quantity
SELECT store_id, mode() WITHIN GROUP (ORDER BY quantity) AS usual, max(quantity) AS most
FROM order_items
GROUP BY store_id
ORDER BY store_id;

-- name: hypothetical_rank
SELECT category_id, rank(25.00) WITHIN GROUP (ORDER BY base_price) AS rank_of_25,
    dense_rank(25.00) WITHIN GROUP (ORDER BY base_price) AS dense,
        percent_rank(25.00) WITHIN GROUP (ORDER BY base_price) AS percent,
    cume_dist(25.00) WITHIN GROUP (ORDER BY base_price) AS cume
FROM products GROUP BY category_id ORDER BY category_id;

-- name: types_as_one_line
SELECT c.category_name, string_agg(t.type_name, ', ' ORDER BY t.type_name) AS types
FROM categories c JOIN product_types t USING (category_id) GROUP BY c.category_name ORDER BY 1;

-- name: order_days_as_array
SELECT customer_id, array_agg(order_date ORDER BY order_date DESC, order_id) AS days
FROM orders WHERE customer_id BETWEEN 200 AND 230 GROUP BY customer_id ORDER BY customer_id;

-- name: distinct_counts
SELECT count(*) AS lines, count(DISTINCT product_id) AS products, count(DISTINCT (store_id, order_id)) AS orders,
    count(DISTINCT store_id) AS stores FROM order_items WHERE discount_percent >= 20;

-- name: boolean_aggregates
SELECT store_id, bool_and(stock_level > 0) AS all_there, bool_or(stock_level = 0) AS some_missing,
    every(stock_level < 100000) AS plausible
FROM inventory GROUP BY store_id ORDER BY store_id;

-- name: bit_aggregates
SELECT store_id, bit_and(quantity), bit_or(quantity), bit_xor(order_item_id)
FROM order_items WHERE order_id < 40000
GROUP BY 1
ORDER BY 1;

-- name: any_value_of_a_group
SELECT p.category_id, any_value(c.category_name) AS category_name, count(*)
FROM products p JOIN categories c USING (category_id) GROUP BY p.category_id ORDER BY p.category_id;

-- name: grouped_by_expression
SELECT CASE WHEN quantity = 1 THEN 'single' WHEN quantity < 5 THEN 'few' ELSE 'many' END AS size,
    sum(total_amount) AS revenue
FROM order_items
GROUP BY CASE WHEN quantity = 1 THEN 'single' WHEN quantity < 5 THEN 'few' ELSE 'many' END
ORDER BY size;

-- name: grouped_by_key_only
SELECT p.product_id, p.product_name, p.sku, sum(i.stock_level) AS stock
FROM products p JOIN inventory i USING (product_id) GROUP BY p.product_id ORDER BY stock DESC, p.product_id LIMIT 25;

-- name: share_of_discounted_lines
SELECT store_id, round(avg((discount_percent > 0)::int) * 100, 2) AS percent_discounted,
    sum(discount_amount) AS given_away
FROM order_items GROUP BY store_id HAVING sum(discount_amount) > 100 ORDER BY store_id;

-- name: top_ten_products_by_revenue
SELECT p.product_name, sum(oi.total_amount) AS revenue, sum(oi.quantity) AS pieces
FROM order_items oi JOIN products p ON p.product_id = oi.product_id
GROUP BY p.product_name ORDER BY revenue DESC, p.product_name LIMIT 10;

-- name: new_customers_by_year
SELECT date_part('year', created_at)::int AS year, count(*) AS customers, count(phone) AS with_phone
FROM customers
GROUP BY 1
ORDER BY 1;

-- name: aggregate_without_group
SELECT count(*), sum(total_amount), min(total_amount), max(total_amount), round(avg(total_amount), 4),
    sum(quantity * 1.0)
FROM order_items;

-- name: aggregate_of_aggregates
SELECT max(total) AS best_day, min(total) AS worst_day, round(avg(total), 2) AS mean_day
FROM (SELECT o.order_date, sum(i.total_amount) AS total FROM orders o JOIN order_items i USING (store_id, order_id)
      WHERE o.order_date >= '2026-01-01' GROUP BY o.order_date) AS by_day;

-- name: having_without_group
SELECT count(*) AS customers FROM customers HAVING count(*) >= 0;

-- name: first_letter_census
SELECT upper(left(last_name, 1)) AS letter, count(*) FROM customers GROUP BY letter ORDER BY letter;

-- name: area_codes
SELECT substring(phone FROM '\((\d{3})\)') AS area, count(*) AS customers
FROM customers WHERE phone IS NOT NULL
GROUP BY area
ORDER BY customers DESC, area;
