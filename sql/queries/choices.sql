-- What a caller may choose from, under its row-level security.

-- name: stores
-- The caller's own. retail.stores shows all of them, for they are catalogue.
SELECT store_id, store_name, is_online
FROM retail.stores
WHERE store_id = ANY ((SELECT (access.verified_caller()).store_ids)::integer[])
ORDER BY store_id;

-- name: categories
SELECT category_id, category_name FROM retail.categories ORDER BY category_name;
