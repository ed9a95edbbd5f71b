-- Rows of two canary stores, planted as zava_owner in a transaction that is always rolled back. Numbers are given and
-- not drawn: a sequence would not go back. %(…)s beside the numbers are the marks and ids of this run. Statements plant_…
-- come one after the other, as writers do it, so that each trigger has only what was there before it.

-- name: stale_visits
-- How many rows of access.visits are not what the orders say, or are missing. Reads every order: not for the gate.
SELECT count(*)
FROM (
    SELECT DISTINCT orders.store_id, orders.customer_id
    FROM retail.orders AS orders
    JOIN retail.customers AS customer USING (customer_id)
    WHERE orders.store_id <> customer.primary_store_id
) AS derived
FULL JOIN access.visits AS known
    ON known.store_id = derived.store_id AND known.customer_id = derived.customer_id
WHERE derived.store_id IS NULL OR known.store_id IS NULL;

-- name: free_numbers
SELECT
    (SELECT coalesce(max(store_id), 0) + 1 FROM retail.stores) AS store,
    (SELECT coalesce(max(customer_id), 0) + 1 FROM retail.customers) AS customer,
    (SELECT coalesce(max(order_id), 0) + 1 FROM retail.orders) AS "order",
    (SELECT coalesce(max(order_item_id), 0) + 1 FROM retail.order_items) AS item,
    (SELECT coalesce(max(product_id), 0) + 1 FROM retail.products) AS product,
    (SELECT coalesce(max(type_id), 0) + 1 FROM retail.product_types) AS type,
    (SELECT coalesce(max(category_id), 0) + 1 FROM retail.categories) AS category;

-- name: plant_signing_key
INSERT INTO access.signing_keys (kid, inner_pad, outer_pad) VALUES (%(kid)s, %(inner_pad)s, %(outer_pad)s);

-- name: plant_principals
INSERT INTO access.principals (tenant_id, object_id, display_name, role)
SELECT %(tenant)s, object_id, %(mark)s, role
FROM unnest(%(objects)s::uuid[], %(roles)s::text[]) AS canary (object_id, role);

-- name: plant_category
INSERT INTO retail.categories (category_id, category_name) VALUES (%(category)s, %(mark)s);

-- name: plant_type
INSERT INTO retail.product_types (type_id, category_id, type_name) VALUES (%(type)s, %(category)s, %(mark)s);

-- name: plant_product
INSERT INTO retail.products
    (product_id, sku, product_name, category_id, type_id, cost, base_price, product_description)
VALUES (%(product)s, %(mark)s, %(mark)s, %(category)s, %(type)s, 1, 2, %(mark)s);

-- name: plant_stores
INSERT INTO retail.stores (store_id, store_name, rls_user_id)
VALUES (%(store)s, %(mark)s || ' 0', %(scope_0)s), (%(store)s + 1, %(mark)s || ' 1', %(scope_1)s);

-- name: plant_grants
INSERT INTO access.store_grants (principal_id, store_id)
SELECT principal.principal_id, %(store)s + canary.number
FROM unnest(%(granted)s::uuid[], %(numbers)s::integer[]) AS canary (object_id, number)
JOIN access.principals AS principal ON principal.tenant_id = %(tenant)s AND principal.object_id = canary.object_id;

-- name: plant_inventory
INSERT INTO retail.inventory (store_id, product_id, stock_level)
VALUES (%(store)s, %(product)s, 1), (%(store)s + 1, %(product)s, 1);

-- name: plant_customers
INSERT INTO retail.customers (customer_id, first_name, last_name, email, primary_store_id)
SELECT %(customer)s + ordinality - 1, %(mark)s, %(mark)s, %(mark)s || ordinality, %(store)s + home
FROM unnest(%(homes)s::integer[]) WITH ORDINALITY AS canary (home, ordinality);

-- name: plant_orders
INSERT INTO retail.orders (order_id, customer_id, store_id, order_date)
SELECT %(order)s + ordinality - 1, %(customer)s + buyer, %(store)s + store, DATE '2026-01-01'
FROM unnest(%(buyers)s::integer[], %(places)s::integer[]) WITH ORDINALITY AS canary (buyer, store, ordinality);

-- name: plant_order_items
INSERT INTO retail.order_items (order_item_id, order_id, store_id, product_id, quantity, unit_price, total_amount)
SELECT %(item)s + ordinality - 1, %(order)s + ordinality - 1, %(store)s + store, %(product)s, 1, 1, 1
FROM unnest(%(places)s::integer[]) WITH ORDINALITY AS canary (store, ordinality);

-- name: withdraw_grant
-- The region's for the second store.
DELETE FROM access.store_grants
WHERE store_id = %(store)s + 1 AND principal_id = (
    SELECT principal_id FROM access.principals WHERE tenant_id = %(tenant)s AND object_id = %(region)s
);

-- name: delete_lines
DELETE FROM retail.order_items WHERE store_id = %(store)s + 1 AND order_item_id = %(item)s + 2;

-- name: delete_order
-- The only one of customer 2, who was a visitor there.
DELETE FROM retail.orders WHERE store_id = %(store)s + 1 AND order_id = %(order)s + 2;

-- name: move_customers
-- Customer 0 becomes a visitor where its order is; customer 2, without an order, leaves the first store.
UPDATE retail.customers SET primary_store_id = %(store)s + 1
WHERE customer_id IN (%(customer)s, %(customer)s + 2);

-- name: seen
-- One row a tenant table: all that the current role and context see, and how much of it is canaries'.
SELECT 'retail.inventory' AS table_name, count(*) AS visible, count(*) FILTER (WHERE product_id = %(product)s) AS canaries
FROM retail.inventory
UNION ALL
SELECT 'retail.customers', count(*), count(*) FILTER (WHERE customer_id - %(customer)s BETWEEN 0 AND 2) FROM retail.customers
UNION ALL
SELECT 'retail.orders', count(*), count(*) FILTER (WHERE order_id - %(order)s BETWEEN 0 AND 2) FROM retail.orders
UNION ALL
SELECT 'retail.order_items', count(*), count(*) FILTER (WHERE order_item_id - %(item)s BETWEEN 0 AND 2)
FROM retail.order_items;
