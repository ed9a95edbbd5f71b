-- Two to six tables: inner, outer, full, natural, self, on inequality, nested.

-- name: orders_with_customers
SELECT o.order_id, o.order_date, c.first_name, c.last_name
FROM retail.orders AS o
INNER JOIN retail.customers AS c ON c.customer_id = o.customer_id
WHERE o.order_date = DATE '2024-11-29'
ORDER BY o.order_id;

-- name: six_tables
SELECT s.store_name, cat.category_name, pt.type_name, c.last_name, p.product_name, oi.quantity, oi.total_amount
FROM retail.order_items oi
JOIN retail.orders o ON o.store_id = oi.store_id AND o.order_id = oi.order_id
JOIN retail.customers c ON c.customer_id = o.customer_id
JOIN retail.products p ON p.product_id = oi.product_id
JOIN retail.product_types pt ON pt.type_id = p.type_id
JOIN retail.categories cat ON cat.category_id = pt.category_id
JOIN retail.stores s ON s.store_id = o.store_id
WHERE o.order_date BETWEEN '2025-12-24' AND '2025-12-26'
ORDER BY oi.order_item_id
LIMIT 200;

-- name: revenue_by_store_name
SELECT s.store_name, sum(oi.total_amount) AS revenue
FROM stores s JOIN order_items oi USING (store_id)
GROUP BY s.store_name
ORDER BY revenue DESC;

-- name: all_stores_even_without_orders
SELECT s.store_id, s.store_name, count(o.order_id) AS orders
FROM stores s LEFT JOIN orders o ON o.store_id = s.store_id
GROUP BY s.store_id, s.store_name
ORDER BY s.store_id;

-- name: right_join_of_types
SELECT t.type_name, count(p.product_id) AS products
FROM products p RIGHT OUTER JOIN product_types t ON t.type_id = p.type_id
GROUP BY t.type_id, t.type_name
ORDER BY products DESC, t.type_name, t.type_id;

-- name: full_join_of_two_years
SELECT coalesce(a.month, b.month) AS month, a.orders AS orders_2024, b.orders AS orders_2025
FROM (SELECT extract(month FROM order_date)::int AS month, count(*) AS orders FROM orders
      WHERE order_date >= '2024-03-01' AND order_date < '2025-01-01' GROUP BY 1) a
FULL JOIN (SELECT extract(month FROM order_date)::int AS month, count(*) AS orders FROM orders
      WHERE order_date >= '2025-01-01' AND order_date < '2025-11-01' GROUP BY 1) b ON a.month = b.month
ORDER BY 1;

-- name: natural_join_of_the_catalogue
SELECT category_name, count(*) AS types FROM categories NATURAL JOIN product_types GROUP BY category_name ORDER BY 1;

-- name: self_join_same_price
SELECT a.sku AS sku, b.sku AS other_sku, a.base_price
FROM products a
JOIN products b ON a.base_price = b.base_price AND a.product_id < b.product_id AND a.category_id <> b.category_id
ORDER BY a.base_price DESC, a.sku, b.sku
LIMIT 60;

-- name: self_join_repeat_next_day
SELECT a.customer_id, a.order_date, b.order_id AS next_order
FROM orders a
JOIN orders b ON b.customer_id = a.customer_id AND b.store_id = a.store_id AND b.order_date = a.order_date + 1
WHERE a.order_date >= '2026-01-01'
ORDER BY a.order_date, a.customer_id, a.order_id, b.order_id
LIMIT 100;

-- name: customers_who_shop_elsewhere
SELECT c.customer_id, c.primary_store_id, o.store_id, count(*) AS orders
FROM customers c JOIN orders o ON o.customer_id = c.customer_id AND o.store_id <> c.primary_store_id
GROUP BY c.customer_id, c.primary_store_id, o.store_id
ORDER BY orders DESC, c.customer_id, o.store_id
LIMIT 50;

-- name: home_store_of_guests
SELECT home.store_name AS home_store, here.store_name AS bought_at, count(*) AS orders
FROM orders o
JOIN customers c USING (customer_id)
JOIN stores home ON home.store_id = c.primary_store_id
JOIN stores here ON here.store_id = o.store_id
WHERE home.store_id <> here.store_id AND o.order_date >= '2026-01-01'
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2;

-- name: price_bands_by_range_join
SELECT band.name, count(*) AS products, round(avg(p.base_price), 2) AS mean_price
FROM products p
JOIN (VALUES ('cheap', 0::numeric, 10::numeric), ('middle', 10, 50), ('dear', 50, 200),
    ('luxury', 200, 100000)) AS band (name, low, high)
    ON p.base_price >= band.low AND p.base_price < band.high
GROUP BY band.name, band.low
ORDER BY band.low;

-- name: cross_join_calendar
SELECT s.store_id, y.year, count(o.order_id) AS orders
FROM stores s
CROSS JOIN generate_series(2020, 2026) AS y (year)
LEFT
JOIN orders o ON o.store_id = s.store_id AND o.order_date >= make_date(y.year, 1,
    1) AND o.order_date < make_date(y.year + 1, 1, 1)
GROUP BY s.store_id, y.year
ORDER BY s.store_id, y.year;

-- name: nested_join_tree
SELECT s.store_name, t.type_name, sum(oi.quantity) AS pieces
FROM stores s
LEFT
JOIN (orders o JOIN (order_items oi
    JOIN (products p JOIN product_types t ON t.type_id = p.type_id) ON p.product_id = oi.product_id)
    ON oi.order_id = o.order_id AND oi.store_id = o.store_id)
    ON o.store_id = s.store_id AND o.order_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-07'
GROUP BY s.store_name, t.type_name
ORDER BY s.store_name, pieces DESC NULLS LAST, t.type_name
LIMIT 80;

-- name: using_with_alias
SELECT j.product_id, i.store_id, i.stock_level, p.sku
FROM inventory i JOIN products p USING (product_id) AS j
WHERE j.product_id BETWEEN 10 AND 15
ORDER BY j.product_id, i.store_id;

-- name: types_sold_by_store_in_march
SELECT oi.store_id, t.type_name, count(DISTINCT oi.order_id) AS orders
FROM order_items oi
JOIN orders o USING (store_id, order_id)
JOIN products p USING (product_id)
JOIN product_types t USING (type_id)
WHERE o.order_date >= '2022-03-01' AND o.order_date < '2022-04-01'
GROUP BY oi.store_id, t.type_id, t.type_name
HAVING count(DISTINCT oi.order_id) > 2
ORDER BY oi.store_id, orders DESC, t.type_name, t.type_id
LIMIT 300;

-- name: join_on_expression
SELECT c.customer_id, o.order_id
FROM customers c JOIN orders o ON o.customer_id = c.customer_id AND o.order_date = c.created_at::date
WHERE c.customer_id < 900
ORDER BY 1, 2;

-- name: left_join_with_filter_in_on
SELECT p.product_id, p.product_name, coalesce(sum(oi.quantity), 0) AS sold_on_new_years_day
FROM products p
LEFT
JOIN (order_items oi JOIN orders o ON o.order_id = oi.order_id AND o.store_id = oi.store_id
    AND o.order_date = '2026-01-01')
    ON oi.product_id = p.product_id
GROUP BY p.product_id
ORDER BY sold_on_new_years_day DESC, p.product_id
LIMIT 40;

-- name: old_style_commas
SELECT o.store_id, count(*) FROM orders o, customers c, stores s
WHERE o.customer_id = c.customer_id AND c.primary_store_id = s.store_id AND s.is_online = false
GROUP BY o.store_id ORDER BY o.store_id;

-- name: inventory_value_by_category
SELECT i.store_id, c.category_name, sum(i.stock_level * p.cost) AS value_at_cost,
    sum(i.stock_level * p.base_price) AS value_at_price
FROM inventory i JOIN products p USING (product_id) JOIN categories c USING (category_id)
GROUP BY i.store_id, c.category_name
ORDER BY i.store_id, c.category_name;

-- name: who_bought_a_drill
SELECT DISTINCT c.customer_id, c.last_name
FROM customers c
JOIN orders o ON o.customer_id = c.customer_id
JOIN order_items oi ON oi.order_id = o.order_id AND oi.store_id = o.store_id
JOIN products p ON p.product_id = oi.product_id
JOIN product_types t ON t.type_id = p.type_id AND t.type_name = 'Drills'
WHERE o.order_date >= '2026-09-01'
ORDER BY c.customer_id
LIMIT 100;

-- name: compare_two_stores
SELECT p.product_id, here.stock_level AS kirkland, there.stock_level AS redmond,
    here.stock_level - there.stock_level AS more
FROM products p
LEFT JOIN inventory here ON here.product_id = p.product_id AND here.store_id = 7
LEFT JOIN inventory there ON there.product_id = p.product_id AND there.store_id = 6
WHERE p.category_id = 1
ORDER BY p.product_id;

-- name: transfer_proposals
SELECT short.store_id AS needs, full_store.store_id AS has, short.product_id, full_store.stock_level
FROM inventory short
JOIN inventory full_store ON full_store.product_id = short.product_id AND full_store.stock_level > 40
    AND full_store.store_id <> short.store_id
WHERE short.stock_level = 0
ORDER BY short.product_id, short.store_id, full_store.store_id;

-- name: catalogue_with_vectors
SELECT p.sku, e.product_id IS NOT NULL AS has_vector
FROM products p LEFT JOIN product_description_embeddings e ON e.product_id = p.product_id
WHERE p.product_id <= 24
ORDER BY p.sku;
