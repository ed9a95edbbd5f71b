-- What a business asks for: cohorts, recency, baskets, coverage, margins, growth.

-- name: retention_of_cohorts
WITH first_orders AS (SELECT customer_id, extract(year FROM min(order_date))::int AS cohort FROM orders
    GROUP BY customer_id),
activity AS (SELECT DISTINCT f.cohort, o.customer_id, extract(year FROM o.order_date)::int - f.cohort AS years
    FROM orders o JOIN first_orders f USING (customer_id))
SELECT cohort, years, count(*) AS customers,
    round(100.0 * count(*) / first_value(count(*)) OVER (PARTITION BY cohort ORDER BY years), 1) AS percent
FROM activity
GROUP BY cohort, years
ORDER BY cohort, years;

-- name: recency_frequency_monetary
WITH rfm AS (SELECT o.customer_id, DATE '2027-01-01' - max(o.order_date) AS recency,
    count(DISTINCT o.order_id) AS frequency, sum(i.total_amount) AS monetary
    FROM orders o JOIN order_items i USING (store_id, order_id) WHERE o.order_date >= '2026-01-01'
    GROUP BY o.customer_id),
scored AS (SELECT *, ntile(5) OVER (ORDER BY recency DESC, customer_id) AS r,
    ntile(5) OVER (ORDER BY frequency, customer_id) AS f, ntile(5) OVER (ORDER BY monetary, customer_id) AS m FROM rfm)
SELECT r || '-' || f || '-' || m AS score, count(*) AS customers, round(avg(monetary), 2) AS mean
FROM scored
GROUP BY r, f, m
ORDER BY r DESC, f DESC, m DESC LIMIT 40;

-- name: abc_classes
WITH revenue AS (SELECT product_id, sum(total_amount) AS r FROM order_items GROUP BY product_id), share AS
    (SELECT product_id, r, sum(r) OVER (ORDER BY r DESC, product_id) / sum(r) OVER () AS upto FROM revenue)
SELECT CASE WHEN upto <= 0.8 THEN 'A' WHEN upto <= 0.95 THEN 'B' ELSE 'C' END AS class, count(*) AS products,
    sum(r) AS revenue
FROM share
GROUP BY class
ORDER BY class;

-- name: market_basket_pairs
SELECT a.product_id, b.product_id AS with_product, count(*) AS together
FROM order_items a
JOIN order_items b ON b.store_id = a.store_id AND b.order_id = a.order_id AND b.product_id > a.product_id
WHERE a.store_id IN (6, 7) GROUP BY 1, 2 HAVING count(*) >= 2 ORDER BY together DESC, 1, 2 LIMIT 40;

-- name: lift_of_type_pairs
WITH baskets AS (SELECT DISTINCT oi.order_id, p.category_id FROM order_items oi JOIN products p USING (product_id)
    WHERE oi.store_id = 7), n AS (SELECT count(DISTINCT order_id)::numeric AS all_baskets
    FROM baskets), single AS (SELECT category_id, count(*)::numeric AS c
    FROM baskets
    GROUP BY category_id)
SELECT x.category_id, y.category_id AS other, count(*) AS both_in,
    round(count(*) * n.all_baskets / (sx.c * sy.c), 4) AS lift
FROM baskets x JOIN baskets y ON y.order_id = x.order_id AND y.category_id > x.category_id
JOIN single sx ON sx.category_id = x.category_id JOIN single sy ON sy.category_id = y.category_id CROSS JOIN n
GROUP BY x.category_id, y.category_id, n.all_baskets, sx.c, sy.c ORDER BY lift DESC, 1, 2;

-- name: days_of_stock
SELECT i.store_id, i.product_id, i.stock_level, round(i.stock_level / (s.pieces / 90.0), 1) AS days_left
FROM inventory i
JOIN (SELECT oi.store_id, oi.product_id, sum(oi.quantity) AS pieces FROM order_items oi
    JOIN orders o USING (store_id, order_id) WHERE o.order_date > DATE '2026-12-31' - 90
    GROUP BY 1, 2) AS s USING (store_id, product_id)
ORDER BY days_left, i.store_id, i.product_id LIMIT 50;

-- name: margin_by_category
SELECT c.category_name, sum(oi.total_amount) AS revenue, sum(oi.total_amount - oi.quantity * p.cost) AS margin,
    round(100 * sum(oi.total_amount - oi.quantity * p.cost) / sum(oi.total_amount), 2) AS percent
FROM order_items oi JOIN products p USING (product_id) JOIN categories c USING (category_id)
GROUP BY c.category_id, c.category_name
ORDER BY margin DESC;

-- name: effect_of_discounts
SELECT CASE WHEN discount_percent = 0 THEN '0' WHEN discount_percent <= 10 THEN '5-10' WHEN discount_percent <= 20
    THEN '11-20' ELSE 'above' END AS discount, round(avg(quantity), 4) AS pieces_a_line,
        round(avg(total_amount), 2) AS paid_a_line, count(*) AS lines
FROM order_items
GROUP BY 1
ORDER BY 1;

-- name: loss_making_lines
SELECT oi.store_id, count(*) AS lines, sum(oi.quantity * p.cost - oi.total_amount) AS lost
FROM order_items oi JOIN products p USING (product_id)
WHERE oi.discount_percent > 15 AND oi.total_amount < oi.quantity * p.cost * 1.2
GROUP BY oi.store_id
ORDER BY oi.store_id;

-- name: year_over_year
SELECT store_id, count(*) FILTER (WHERE order_date >= '2026-01-01') AS this_year,
    count(*) FILTER (WHERE order_date < '2026-01-01') AS last_year,
        round(100.0 * count(*) FILTER (WHERE order_date >= '2026-01-01') / nullif(count(*) FILTER (WHERE order_date < '2026-01-01'), 0) - 100, 2) AS growth
FROM orders WHERE order_date >= '2025-01-01'
GROUP BY store_id
ORDER BY store_id;

-- name: islands_of_order_days
SELECT min(order_date) AS from_day, max(order_date) AS to_day, count(*) AS days
FROM (SELECT order_date, order_date - row_number() OVER (ORDER BY order_date)::int AS island
    FROM (SELECT DISTINCT order_date FROM orders WHERE store_id = 7 AND order_date >= '2026-01-01') AS d) AS i
GROUP BY island
ORDER BY days DESC, from_day LIMIT 15;

-- name: gaps_between_order_days
SELECT store_id, day + 1 AS gap_from, next_day - 1 AS gap_to, next_day - day - 1 AS days
FROM (SELECT store_id, order_date AS day, lead(order_date) OVER (PARTITION BY store_id ORDER BY order_date) AS next_day
    FROM (SELECT DISTINCT store_id, order_date FROM orders WHERE order_date >= '2025-06-01') AS d) AS g
WHERE next_day - day > 1
ORDER BY days DESC, store_id, gap_from LIMIT 30;

-- name: buying_sessions
WITH marked AS (SELECT customer_id, order_date, order_id, CASE
    WHEN order_date - lag(order_date) OVER (PARTITION BY customer_id ORDER BY order_date, order_id) <= 90 THEN 0
        ELSE 1 END AS starts
    FROM orders WHERE customer_id < 3000),
numbered AS (SELECT *, sum(starts) OVER (PARTITION BY customer_id ORDER BY order_date, order_id) AS session FROM marked)
SELECT customer_id, session, count(*) AS orders, min(order_date) AS from_day, max(order_date) AS to_day
FROM numbered
GROUP BY customer_id, session HAVING count(*) > 1
ORDER BY orders DESC, customer_id, session LIMIT 50;

-- name: best_customers
SELECT c.customer_id, c.first_name, c.last_name, sum(i.total_amount) AS spent, count(DISTINCT o.order_id) AS orders
FROM customers c JOIN orders o USING (customer_id) JOIN order_items i USING (store_id, order_id)
WHERE o.order_date >= '2025-01-01'
GROUP BY c.customer_id
ORDER BY spent DESC, c.customer_id LIMIT 20;

-- name: churned_customers
SELECT c.primary_store_id, count(*) AS churned
FROM customers c
JOIN (SELECT customer_id, max(order_date) AS last_order FROM orders GROUP BY customer_id) AS l USING (customer_id)
WHERE l.last_order < DATE '2024-01-01'
GROUP BY c.primary_store_id
ORDER BY c.primary_store_id;

-- name: repeat_rate
SELECT extract(year FROM order_date)::int AS year, count(DISTINCT customer_id) AS customers, count(*) AS orders,
    round(count(*)::numeric / count(DISTINCT customer_id), 4) AS orders_each
FROM orders
GROUP BY 1
ORDER BY 1;

-- name: orders_per_customer_distribution
SELECT orders, count(*) AS customers, sum(count(*)) OVER (ORDER BY orders DESC) AS at_least
FROM (SELECT customer_id, count(*) AS orders FROM orders GROUP BY customer_id) AS n
GROUP BY orders
ORDER BY orders;

-- name: reorder_list
SELECT i.store_id, p.sku, p.product_name, i.stock_level, s.sold
FROM inventory i JOIN products p USING (product_id)
JOIN LATERAL (SELECT coalesce(sum(oi.quantity), 0) AS sold FROM order_items oi
    WHERE oi.store_id = i.store_id AND oi.product_id = i.product_id) AS s ON true
WHERE i.stock_level <= 2
ORDER BY s.sold DESC, i.store_id, p.sku LIMIT 40;

-- name: dead_stock
SELECT i.store_id, i.product_id, i.stock_level * p.cost AS tied_up
FROM inventory i JOIN products p USING (product_id)
WHERE i.stock_level > 0 AND NOT EXISTS (SELECT FROM order_items oi JOIN orders o USING (store_id, order_id)
    WHERE oi.store_id = i.store_id AND oi.product_id = i.product_id AND o.order_date >= '2026-01-01')
ORDER BY tied_up DESC, 1, 2 LIMIT 50;

-- name: stock_turnover
WITH sold AS (SELECT oi.store_id, sum(oi.quantity * p.cost) AS cost_of_sales FROM order_items oi
    JOIN orders o USING (store_id, order_id) JOIN products p USING (product_id) WHERE o.order_date >= '2026-01-01'
    GROUP BY oi.store_id), held AS (SELECT store_id, sum(stock_level * cost) AS value
    FROM inventory JOIN products USING (product_id)
    GROUP BY store_id)
SELECT store_id, cost_of_sales, value, round(cost_of_sales / value, 3) AS turns
FROM sold JOIN held USING (store_id)
ORDER BY store_id;

-- name: seasonal_categories
SELECT c.category_name, extract(quarter FROM o.order_date)::int AS quarter, sum(oi.quantity) AS pieces,
    rank() OVER (PARTITION BY c.category_name ORDER BY sum(oi.quantity) DESC) AS place
FROM order_items oi JOIN orders o USING (store_id, order_id) JOIN products p USING (product_id)
JOIN categories c USING (category_id) WHERE o.order_date >= '2025-01-01'
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: share_of_wallet_of_the_web
SELECT date_trunc('quarter', o.order_date)::date AS quarter,
    round(100.0 * count(*) FILTER (WHERE s.is_online) / count(*), 2) AS percent_online, count(*) AS orders
FROM orders o JOIN stores s USING (store_id) WHERE o.order_date >= '2024-01-01'
GROUP BY 1
ORDER BY 1;

-- name: cross_sellers
SELECT oi.product_id, round(avg(b.lines), 4) AS mean_lines
FROM order_items oi
JOIN (SELECT store_id, order_id, count(*) AS lines FROM order_items WHERE store_id IN (6, 7) GROUP BY store_id,
    order_id) AS b USING (store_id, order_id)
GROUP BY oi.product_id HAVING count(*) > 5
ORDER BY mean_lines DESC, oi.product_id LIMIT 20;

-- name: price_elasticity_hint
SELECT product_id, round(avg(quantity) FILTER (WHERE discount_percent >= 15), 3) AS discounted,
    round(avg(quantity) FILTER (WHERE discount_percent = 0), 3) AS full_price
FROM order_items WHERE product_id BETWEEN 100 AND 130
GROUP BY product_id
ORDER BY product_id;

-- name: tickets_above_the_store_mean
WITH t AS (SELECT store_id, order_id, sum(total_amount) AS amount FROM order_items WHERE order_id > 180000
    GROUP BY store_id, order_id)
SELECT store_id, count(*) AS tickets, count(*) FILTER (WHERE amount > mean) AS above
FROM (SELECT *, avg(amount) OVER (PARTITION BY store_id) AS mean FROM t) AS m
GROUP BY store_id
ORDER BY store_id;

-- name: month_to_date_against_last_year
SELECT extract(day FROM order_date)::int AS day,
    sum(count(*) FILTER (WHERE order_date >= '2026-01-01')) OVER w AS this_year,
        sum(count(*) FILTER (WHERE order_date < '2026-01-01')) OVER w AS last_year
FROM orders WHERE order_date BETWEEN '2025-12-01' AND '2025-12-31' OR order_date BETWEEN '2026-12-01' AND '2026-12-31'
GROUP BY 1 WINDOW w AS (ORDER BY extract(day FROM order_date)::int)
ORDER BY 1;

-- name: customers_of_several_stores
SELECT stores, count(*) AS customers
FROM (SELECT customer_id, count(DISTINCT store_id) AS stores FROM orders GROUP BY customer_id) AS c
GROUP BY stores
ORDER BY stores;

-- name: first_purchase_category
SELECT c.category_name, count(*) AS first_lines
FROM (SELECT DISTINCT ON (o.customer_id) o.customer_id, i.product_id FROM orders o
    JOIN order_items i USING (store_id, order_id) WHERE o.order_date < '2021-01-01'
    ORDER BY o.customer_id, o.order_date, o.order_id, i.order_item_id) AS f
JOIN products p USING (product_id) JOIN categories c USING (category_id)
GROUP BY c.category_name
ORDER BY first_lines DESC, 1;

-- name: upgrade_proposals
SELECT p.product_id, p.product_name, q.product_name AS dearer, q.base_price - p.base_price AS difference
FROM products p
JOIN LATERAL (SELECT product_name, base_price FROM products WHERE type_id = p.type_id AND base_price > p.base_price
    ORDER BY base_price, product_id LIMIT 1) AS q ON true
WHERE p.category_id = 8
ORDER BY p.product_id;

-- name: revenue_of_a_price_rise
SELECT p.category_id, sum(oi.total_amount) AS now_earned,
    sum(round(oi.quantity * oi.unit_price * 1.03 * (100 - oi.discount_percent) / 100, 2)) AS with_three_percent
FROM order_items oi JOIN products p USING (product_id) JOIN orders o USING (store_id, order_id)
WHERE o.order_date >= '2026-12-01'
GROUP BY p.category_id
ORDER BY p.category_id;

-- name: spread_of_stock_between_stores
SELECT product_id, max(stock_level) - min(stock_level) AS spread,
    array_agg(store_id ORDER BY stock_level DESC, store_id) AS fullest_first
FROM inventory
GROUP BY product_id
ORDER BY spread DESC, product_id LIMIT 30;

-- name: customer_lifetime_value_by_signup_year
SELECT extract(year FROM c.created_at)::int AS signed_up, count(DISTINCT c.customer_id) AS customers,
    round(sum(i.total_amount) / count(DISTINCT c.customer_id), 2) AS value_each
FROM customers c JOIN orders o USING (customer_id) JOIN order_items i USING (store_id, order_id)
WHERE c.customer_id % 10 = 1
GROUP BY 1
ORDER BY 1;

-- name: mailing_list_with_reason
SELECT c.customer_id, c.email, CASE WHEN c.primary_store_id = 7 THEN 'signed up in Kirkland'
    ELSE 'bought in Kirkland' END AS reason
FROM customers c
WHERE c.primary_store_id = 7 OR EXISTS (SELECT FROM orders o WHERE o.customer_id = c.customer_id AND o.store_id = 7)
ORDER BY c.customer_id LIMIT 200;

-- name: dashboard_in_one_row
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT sum(total_amount) FROM order_items) AS revenue,
    (SELECT count(*) FROM customers) AS customers, (SELECT count(*) FROM inventory WHERE stock_level = 0) AS sold_out,
        (SELECT product_name FROM products p JOIN order_items i USING (product_id) GROUP BY p.product_id
        ORDER BY sum(i.total_amount) DESC, p.product_id LIMIT 1) AS best_seller;
