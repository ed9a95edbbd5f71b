-- The rows that a caller may see, said a second time and without the policies' functions: plain joins over the grants.
-- Each backwards by its key, so that an answer that leaves its order open differs from the product's.

-- name: granted_stores
-- The store numbers of the principal %(tenant_id)s, %(object_id)s.
SELECT store_id
FROM retail.stores
WHERE EXISTS (
    SELECT FROM access.principals
    WHERE tenant_id = %(tenant_id)s AND object_id = %(object_id)s AND role = 'super_admin'
)
UNION
SELECT store_id
FROM access.store_grants
JOIN access.principals ON principals.principal_id = store_grants.principal_id
WHERE tenant_id = %(tenant_id)s AND object_id = %(object_id)s
ORDER BY store_id;

-- name: stores
SELECT * FROM retail.stores WHERE cardinality(%(stores)s::integer[]) > 0 ORDER BY store_id DESC;

-- name: categories
SELECT * FROM retail.categories WHERE cardinality(%(stores)s::integer[]) > 0 ORDER BY category_id DESC;

-- name: product_types
SELECT * FROM retail.product_types WHERE cardinality(%(stores)s::integer[]) > 0 ORDER BY type_id DESC;

-- name: products
SELECT * FROM retail.products WHERE cardinality(%(stores)s::integer[]) > 0 ORDER BY product_id DESC;

-- name: product_description_embeddings
SELECT * FROM retail.product_description_embeddings
WHERE cardinality(%(stores)s::integer[]) > 0
ORDER BY product_id DESC;

-- name: customers
-- Those who signed up with a granted store, and those who ordered there.
SELECT *
FROM retail.customers
WHERE primary_store_id = ANY (%(stores)s::integer[])
    OR customer_id IN (SELECT customer_id FROM retail.orders WHERE store_id = ANY (%(stores)s::integer[]))
ORDER BY customer_id DESC;

-- name: inventory
SELECT * FROM retail.inventory WHERE store_id = ANY (%(stores)s::integer[]) ORDER BY store_id DESC, product_id DESC;

-- name: orders
SELECT * FROM retail.orders WHERE store_id = ANY (%(stores)s::integer[]) ORDER BY order_id DESC;

-- name: order_items
SELECT * FROM retail.order_items WHERE store_id = ANY (%(stores)s::integer[]) ORDER BY order_item_id DESC;
