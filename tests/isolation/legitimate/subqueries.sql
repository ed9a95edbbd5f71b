-- Subqueries: scalar, correlated, EXISTS and its opposites, ANY, ALL, rows, VALUES.

-- name: dearer_than_the_average
SELECT product_id, product_name, base_price
FROM products WHERE base_price > (SELECT 3 * avg(base_price) FROM products)
ORDER BY base_price DESC, product_id;

-- name: dearer_than_its_own_type
SELECT p.product_id, p.base_price
FROM products p WHERE p.base_price > (SELECT 1.5 * avg(q.base_price) FROM products q WHERE q.type_id = p.type_id)
ORDER BY p.product_id;

-- name: never_sold_here
SELECT p.product_id, p.sku
FROM products p
WHERE NOT EXISTS (SELECT 1 FROM order_items oi
    WHERE oi.product_id = p.product_id AND oi.store_id = 7 AND oi.quantity > 4)
ORDER BY p.product_id;

-- name: customers_without_orders
SELECT c.customer_id, c.email
FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.customer_id)
ORDER BY c.customer_id LIMIT 60;

-- name: anti_join_by_null
SELECT p.product_id
FROM products p LEFT JOIN order_items oi ON oi.product_id = p.product_id AND oi.discount_percent = 25
WHERE oi.order_item_id IS NULL
ORDER BY p.product_id;

-- name: not_in
SELECT count(*) AS customers
FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM orders WHERE order_date >= '2025-01-01');

-- name: in_a_pair
SELECT order_id, store_id, order_date
FROM orders
WHERE (customer_id, order_date) IN (SELECT customer_id, max(order_date) FROM orders WHERE customer_id < 250
    GROUP BY customer_id)
ORDER BY order_id, store_id;

-- name: equals_any_of_an_array
SELECT product_id, sku
FROM products WHERE category_id = ANY (ARRAY(SELECT category_id FROM categories WHERE category_name ILIKE '%tools'))
ORDER BY product_id LIMIT 80;

-- name: equals_some
SELECT store_id, count(*)
FROM orders WHERE store_id = SOME (SELECT store_id FROM stores WHERE NOT is_online)
GROUP BY store_id
ORDER BY store_id;

-- name: greater_than_all
SELECT product_id, base_price
FROM products WHERE base_price > ALL (SELECT base_price FROM products WHERE category_id = 3)
ORDER BY base_price, product_id;

-- name: scalar_in_the_list
SELECT s.store_id, (SELECT count(*) FROM customers c WHERE c.primary_store_id = s.store_id) AS customers,
    (SELECT count(*) FROM orders o WHERE o.store_id = s.store_id) AS orders
FROM stores s ORDER BY s.store_id;

-- name: subquery_in_having
SELECT product_id, sum(quantity) AS pieces FROM order_items GROUP BY product_id
HAVING sum(quantity) > (SELECT 2.5 * sum(quantity) / count(DISTINCT product_id) FROM order_items)
ORDER BY pieces DESC, product_id;

-- name: subquery_in_order_by
SELECT c.category_id, c.category_name
FROM categories c
ORDER BY (SELECT sum(i.stock_level) FROM inventory i JOIN products p USING (product_id)
    WHERE p.category_id = c.category_id) DESC NULLS LAST, c.category_id;

-- name: subquery_in_limit
SELECT order_id FROM orders WHERE store_id = 7 ORDER BY order_id DESC LIMIT (SELECT count(*) FROM categories);

-- name: subquery_in_case
SELECT store_id, CASE WHEN stores.store_id IN (SELECT store_id FROM inventory WHERE stock_level = 0) THEN 'has gaps'
    ELSE 'unknown or full' END AS shelves
FROM stores
ORDER BY store_id;

-- name: exists_twice
SELECT count(*) AS both_kinds FROM customers c
WHERE EXISTS (SELECT 1 FROM orders o JOIN order_items i USING (store_id, order_id) JOIN products p USING (product_id)
    WHERE o.customer_id = c.customer_id AND p.category_id = 2)
    AND EXISTS (SELECT 1 FROM orders o JOIN order_items i USING (store_id, order_id) JOIN products p USING (product_id)
        WHERE o.customer_id = c.customer_id AND p.category_id = 7)
    AND c.customer_id < 5000;

-- name: double_negation
SELECT s.store_id FROM stores s WHERE NOT EXISTS (
    SELECT
    FROM products p
    WHERE p.product_id <= 50 AND NOT EXISTS (SELECT FROM inventory i
        WHERE i.store_id = s.store_id AND i.product_id = p.product_id)
) ORDER BY s.store_id;

-- name: derived_tables_side_by_side
SELECT web.orders AS web_orders, shops.orders AS shop_orders
FROM (SELECT count(*) AS orders FROM orders WHERE store_id = 8) AS web,
    (SELECT count(*) AS orders FROM orders WHERE store_id <> 8) AS shops;

-- name: row_comparison
SELECT product_id, category_id, type_id
FROM products WHERE ROW (category_id, type_id) < ROW (1, 20)
ORDER BY category_id, type_id, product_id;

-- name: row_from_a_subquery
SELECT order_id, order_date
FROM orders
WHERE (order_date, order_id) = (SELECT order_date, order_id FROM orders ORDER BY order_date DESC,
    order_id DESC LIMIT 1);

-- name: is_distinct_from
SELECT count(*) FILTER (WHERE phone IS DISTINCT FROM '(206) 555-0100') AS different,
    count(*) FILTER (WHERE phone IS NOT DISTINCT FROM NULL) AS missing
FROM customers;

-- name: values_as_a_filter
SELECT oi.store_id, oi.order_item_id, oi.total_amount
FROM order_items oi JOIN (VALUES (7, 10), (6, 10), (1, 10)) AS wanted (store_id, quantity) USING (store_id, quantity)
WHERE oi.discount_percent > 20 ORDER BY 1, 2 LIMIT 100;

-- name: array_subquery
SELECT t.type_name, ARRAY(SELECT p.sku FROM products p WHERE p.type_id = t.type_id ORDER BY p.sku) AS skus
FROM product_types t
ORDER BY t.type_name, t.type_id LIMIT 12;

-- name: three_levels
SELECT store_name
FROM stores
WHERE store_id IN (SELECT store_id FROM orders
    WHERE order_id IN (SELECT order_id FROM order_items
        WHERE product_id IN (SELECT product_id FROM products WHERE base_price > 400)))
ORDER BY 1;

-- name: rank_by_counting
SELECT a.store_id, a.orders,
    (SELECT count(*) FROM (SELECT store_id, count(*) AS orders FROM orders GROUP BY store_id) AS b
        WHERE b.orders > a.orders) + 1 AS place
FROM (SELECT store_id, count(*) AS orders FROM orders GROUP BY store_id) AS a ORDER BY place, a.store_id;
