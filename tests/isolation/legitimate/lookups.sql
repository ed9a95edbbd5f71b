-- Single rows and short lists: what an agent asks first.

-- name: one_order
SELECT *
FROM retail.orders WHERE store_id = 7 AND order_id = (SELECT min(order_id) FROM retail.orders WHERE store_id = 7);

-- name: orders_of_one_customer
SELECT order_id, store_id, order_date
FROM orders
WHERE customer_id = 2809
ORDER BY order_date, order_id;

-- name: customer_by_number
SELECT customer_id, first_name || ' ' || last_name AS full_name, email, phone
FROM retail.customers
WHERE customer_id BETWEEN 500 AND 560
ORDER BY customer_id;

-- name: customer_by_email_domain
SELECT email, primary_store_id FROM customers WHERE email LIKE 'aaron.%@example.com' ORDER BY email LIMIT 20;

-- name: lines_of_first_orders
SELECT order_id, order_item_id, product_id, quantity, unit_price, discount_percent, discount_amount, total_amount
FROM retail.order_items
WHERE order_id <= 220
ORDER BY order_item_id;

-- name: which_stores_are_there
SELECT store_id, store_name, is_online FROM stores ORDER BY store_id;

-- name: the_web_shop
SELECT store_name FROM retail.stores WHERE is_online;

-- name: everything_about_a_product
SELECT p.*, c.category_name, t.type_name
FROM retail.products p, retail.categories c, retail.product_types t
WHERE p.category_id = c.category_id AND p.type_id = t.type_id AND p.product_name = 'Friction Tape';

-- name: product_by_sku
SELECT product_id, product_name, base_price
FROM products WHERE sku = (SELECT max(sku) FROM products WHERE sku LIKE 'PT-%');

-- name: sold_out_products
SELECT i.store_id, p.sku, p.product_name
FROM inventory i JOIN products p USING (product_id)
WHERE i.stock_level = 0
ORDER BY i.store_id, p.sku
LIMIT 50;

-- name: stock_of_one_product
SELECT store_id, stock_level FROM retail.inventory WHERE product_id = 42 ORDER BY store_id;

-- name: customers_without_a_phone
SELECT customer_id, last_name FROM customers WHERE phone IS NULL ORDER BY customer_id DESC FETCH FIRST 15 ROWS ONLY;

-- name: latest_orders
SELECT order_id, order_date FROM orders ORDER BY order_date DESC, order_id DESC LIMIT 10;

-- name: third_page_of_orders
SELECT order_id, customer_id FROM orders ORDER BY order_id OFFSET 20 ROWS FETCH NEXT 10 ROWS ONLY;

-- name: next_page_by_key
SELECT order_date, order_id FROM orders WHERE (order_date, order_id) > (DATE '2023-05-01', 60000)
ORDER BY order_date, order_id LIMIT 25;

-- name: dearest_products
SELECT product_name, base_price FROM products ORDER BY base_price DESC, product_name LIMIT 10;

-- name: highest_discount_lines
SELECT order_item_id, discount_percent, total_amount FROM order_items
ORDER BY discount_percent DESC, total_amount DESC, order_item_id LIMIT 12;

-- name: a_whole_small_table
TABLE retail.categories ORDER BY category_id;

-- name: is_anything_there
SELECT EXISTS (SELECT 1 FROM orders) AS has_orders,
    EXISTS (SELECT 1 FROM customers WHERE last_name = 'Nobody-Of-This-Name') AS has_ghost;

-- name: first_and_last_day
SELECT min(order_date) AS first_day, max(order_date) AS last_day, max(order_date) - min(order_date) AS days FROM orders;

-- name: names_in_other_alphabets
SELECT customer_id, first_name, last_name
FROM customers WHERE last_name = '李' OR first_name = 'Zoë'
ORDER BY customer_id;

-- name: public_id_of_a_store
SELECT store_id, rls_user_id FROM retail.stores WHERE rls_user_id = '9c8b7a65-4321-fed0-9876-543210fedcba'::uuid;

-- name: customers_of_the_first_week
SELECT customer_id, created_at
FROM customers WHERE created_at < TIMESTAMPTZ '2020-01-08 00:00:00+00'
ORDER BY created_at, customer_id LIMIT 40;

-- name: a_few_by_list
SELECT product_id, sku
FROM products WHERE product_id IN (1, 7, 77, 177, 277)
ORDER BY array_position(ARRAY[277, 7, 1, 77, 177], product_id);

-- name: more_rows_than_are_returned
SELECT order_id, store_id FROM orders ORDER BY order_id;
