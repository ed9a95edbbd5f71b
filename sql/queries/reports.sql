-- What all reports share. `stores` stands alone; `lines` and `baskets` are parts, which
-- shared/reports/reading.py puts before a report's own text by these names.

-- name: stores
-- One row a store that the caller may see, with the days of its first and its latest order: the ends of an index.
SELECT
    store.store_id,
    store.store_name,
    (SELECT order_date FROM retail.orders WHERE store_id = store.store_id ORDER BY order_date LIMIT 1) AS first_day,
    (SELECT order_date FROM retail.orders WHERE store_id = store.store_id ORDER BY order_date DESC LIMIT 1) AS latest_day
FROM access.describe_caller() AS caller
JOIN retail.stores AS store ON store.store_id = ANY (caller.store_ids)
ORDER BY store.store_id;

-- name: lines
-- Lines of the orders of some days and stores, and of one category if %(category_id)s is not null. Joined by the foreign
-- key, so that the planner knows how many there are.
SELECT
    orders.store_id,
    orders.order_id,
    orders.customer_id,
    orders.order_date,
    item.product_id,
    product.category_id,
    item.quantity,
    item.total_amount AS revenue,
    item.quantity * product.cost AS cost,
    item.quantity * item.unit_price AS gross,
    item.discount_amount AS discount
FROM retail.orders
JOIN retail.order_items AS item ON item.store_id = orders.store_id AND item.order_id = orders.order_id
JOIN retail.products AS product ON product.product_id = item.product_id
WHERE orders.order_date BETWEEN %(from_day)s::date AND %(last_day)s::date
    AND orders.store_id = ANY (%(stores)s::integer[])
    AND (%(category_id)s::integer IS NULL OR product.category_id = %(category_id)s::integer);

-- name: baskets
-- Orders by what they hold of the lines asked for. Numbers of orders are unique within a store.
SELECT
    store_id,
    order_id,
    customer_id,
    order_date,
    sum(quantity) AS pieces,
    sum(revenue) AS revenue,
    sum(cost) AS cost,
    sum(gross) AS gross,
    sum(discount) AS discount
FROM lines
GROUP BY store_id, order_id, customer_id, order_date;
