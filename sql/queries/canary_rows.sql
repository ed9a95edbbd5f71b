-- Rows of two canary stores, planted as zava_owner in a transaction that is always rolled back. Numbers are given and
-- not drawn: a sequence would not go back. %(…)s beside the numbers are the marks and ids of this run.

-- name: free_numbers
SELECT
    (SELECT coalesce(max(store_id), 0) + 1 FROM retail.stores) AS store,
    (SELECT coalesce(max(customer_id), 0) + 1 FROM retail.customers) AS customer,
    (SELECT coalesce(max(order_id), 0) + 1 FROM retail.orders) AS "order",
    (SELECT coalesce(max(order_item_id), 0) + 1 FROM retail.order_items) AS item,
    (SELECT coalesce(max(product_id), 0) + 1 FROM retail.products) AS product,
    (SELECT coalesce(max(type_id), 0) + 1 FROM retail.product_types) AS type,
    (SELECT coalesce(max(category_id), 0) + 1 FROM retail.categories) AS category;

-- name: plant
-- Customer 0 is the first store's, 1 the second's, 2 signed up at the first and ordered at the second.
WITH category AS (
    INSERT INTO retail.categories (category_id, category_name) VALUES (%(category)s, %(mark)s)
),
type AS (
    INSERT INTO retail.product_types (type_id, category_id, type_name) VALUES (%(type)s, %(category)s, %(mark)s)
),
product AS (
    INSERT INTO retail.products
        (product_id, sku, product_name, category_id, type_id, cost, base_price, product_description)
    VALUES (%(product)s, %(mark)s, %(mark)s, %(category)s, %(type)s, 1, 2, %(mark)s)
),
stores AS (
    INSERT INTO retail.stores (store_id, store_name, rls_user_id)
    VALUES (%(store)s, %(mark)s || ' 0', %(scope_0)s), (%(store)s + 1, %(mark)s || ' 1', %(scope_1)s)
),
inventory AS (
    INSERT INTO retail.inventory (store_id, product_id, stock_level)
    VALUES (%(store)s, %(product)s, 1), (%(store)s + 1, %(product)s, 1)
),
customers AS (
    INSERT INTO retail.customers (customer_id, first_name, last_name, email, primary_store_id)
    SELECT %(customer)s + number, %(mark)s, %(mark)s, %(mark)s || number, %(store)s + number %% 2
    FROM generate_series(0, 2) AS number
),
orders AS (
    INSERT INTO retail.orders (order_id, customer_id, store_id, order_date)
    SELECT %(order)s + number, %(customer)s + number, %(store)s + least(number, 1), DATE '2026-01-01'
    FROM generate_series(0, 2) AS number
),
order_items AS (
    INSERT INTO retail.order_items (order_item_id, order_id, store_id, product_id, quantity, unit_price, total_amount)
    SELECT %(item)s + number, %(order)s + number, %(store)s + least(number, 1), %(product)s, 1, 1, 1
    FROM generate_series(0, 2) AS number
),
signing_key AS (
    INSERT INTO access.signing_keys (kid, inner_pad, outer_pad) VALUES (%(kid)s, %(inner_pad)s, %(outer_pad)s)
),
principals AS (
    INSERT INTO access.principals (tenant_id, object_id, display_name, role)
    SELECT %(tenant)s, object_id, %(mark)s, role
    FROM unnest(%(objects)s::uuid[], %(roles)s::text[]) AS canary (object_id, role)
    RETURNING principal_id, object_id
)
INSERT INTO access.store_grants (principal_id, store_id)
SELECT principal_id, %(store)s + canary.number
FROM principals
JOIN unnest(%(granted)s::uuid[], %(numbers)s::integer[]) AS canary (object_id, number) USING (object_id);

-- name: seen
-- One row a tenant table: all that the current role and context see, and how much of it is canaries'.
SELECT 'inventory' AS table_name, count(*) AS visible, count(*) FILTER (WHERE product_id = %(product)s) AS canaries
FROM retail.inventory
UNION ALL
SELECT 'customers', count(*), count(*) FILTER (WHERE customer_id - %(customer)s BETWEEN 0 AND 2) FROM retail.customers
UNION ALL
SELECT 'orders', count(*), count(*) FILTER (WHERE order_id - %(order)s BETWEEN 0 AND 2) FROM retail.orders
UNION ALL
SELECT 'order_items', count(*), count(*) FILTER (WHERE order_item_id - %(item)s BETWEEN 0 AND 2)
FROM retail.order_items;
