-- Search for products, under the caller's row-level security.

-- name: served_model
SELECT access.served_model();

-- name: products
-- What the caller's stores have comes before what they have not, unless that is far more relevant. Stock is not looked at
-- for who may read the catalogue alone.
SELECT
    product_id, sku, product_name, category_name, type_name, base_price, product_description,
    round((100 * similarity)::numeric, 1) AS similarity_percent, stock_level, stores_in_stock
FROM access.search_products(
    %(asked)s::text, %(vector)s::extensions.vector, %(model)s::text, %(category)s::text, %(least_price)s::numeric,
    %(most_price)s::numeric,
    CASE WHEN %(in_stock)s::boolean THEN ARRAY(SELECT product_id FROM retail.inventory WHERE stock_level > 0) END,
    %(least_similarity)s::float, %(candidates)s::integer
) AS found
LEFT JOIN LATERAL (
    SELECT coalesce(sum(stock_level), 0) AS stock_level, count(*) FILTER (WHERE stock_level > 0) AS stores_in_stock
    FROM retail.inventory
    WHERE inventory.product_id = found.product_id
) AS held ON %(with_stock)s::boolean
ORDER BY relevance - CASE WHEN stock_level = 0 THEN 0.1 * abs(relevance) ELSE 0 END DESC, product_id;
