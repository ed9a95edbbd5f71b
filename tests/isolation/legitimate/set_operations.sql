-- UNION, INTERSECT, EXCEPT, with ALL, parentheses and order.

-- name: union_of_two_years
SELECT customer_id FROM orders WHERE order_date BETWEEN '2020-01-01' AND '2020-01-03'
UNION
SELECT customer_id FROM orders WHERE order_date BETWEEN '2026-12-29' AND '2026-12-31'
ORDER BY customer_id;

-- name: union_all_with_labels
SELECT 'orders' AS what, count(*) AS rows FROM orders UNION ALL SELECT 'lines', count(*) FROM order_items
UNION ALL SELECT 'customers', count(*) FROM customers UNION ALL SELECT 'stock', count(*) FROM inventory
UNION ALL SELECT 'products', count(*) FROM products ORDER BY 1;

-- name: intersect_of_loyal_customers
SELECT customer_id
FROM orders WHERE order_date >= '2026-01-01' AND store_id = 7 INTERSECT SELECT customer_id
FROM orders WHERE order_date < '2022-01-01' AND store_id = 7
ORDER BY 1;

-- name: except_of_lost_customers
SELECT customer_id
FROM orders WHERE store_id IN (6, 7) AND order_date < '2020-07-01' EXCEPT SELECT customer_id
FROM orders WHERE order_date >= '2020-07-01'
ORDER BY customer_id;

-- name: except_all
(SELECT product_id FROM order_items WHERE order_id < 2000 EXCEPT ALL SELECT product_id FROM products)
ORDER BY product_id LIMIT 300;

-- name: intersect_all
SELECT quantity
FROM order_items WHERE order_id BETWEEN 1 AND 3000 INTERSECT ALL SELECT quantity
FROM order_items WHERE order_id BETWEEN 3001 AND 5000
ORDER BY 1;

-- name: parenthesised_mixture
((SELECT type_id FROM products WHERE base_price > 200) UNION (SELECT type_id FROM products
    WHERE base_price < 2)) EXCEPT (SELECT type_id FROM product_types WHERE type_name LIKE 'S%')
ORDER BY type_id;

-- name: each_part_limited
(SELECT product_id, stock_level FROM inventory WHERE store_id = 7 ORDER BY stock_level DESC, product_id LIMIT 5)
UNION ALL
(SELECT product_id, stock_level FROM inventory WHERE store_id = 7 ORDER BY stock_level, product_id LIMIT 5)
ORDER BY stock_level DESC, product_id;

-- name: union_of_different_types
SELECT 1 AS value UNION SELECT 2.5 UNION SELECT NULL UNION SELECT max(quantity) FROM order_items ORDER BY 1 NULLS FIRST;

-- name: union_in_a_subquery
SELECT kind, count(*) FROM (
    SELECT 'cheap' AS kind, product_id FROM products WHERE base_price < 15 UNION ALL
    SELECT 'in stock', product_id FROM inventory WHERE stock_level > 50 UNION ALL
    SELECT 'sold in bulk', product_id FROM order_items WHERE quantity >= 10 AND order_id < 20000
) AS kinds GROUP BY kind ORDER BY kind;

-- name: values_union
VALUES (1, 'one'), (2, 'two') UNION VALUES (2, 'two'), (3, 'three') ORDER BY 1;

-- name: total_line_below
SELECT store_name, orders FROM (
    SELECT s.store_name, count(*) AS orders, 0 AS place
    FROM orders o JOIN stores s USING (store_id)
    GROUP BY s.store_name
    UNION ALL SELECT 'Total', count(*), 1 FROM orders
) AS listing ORDER BY place, store_name;
