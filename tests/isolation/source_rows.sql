-- The sample data as free queries meet them: fewer rows of the large stores, and what the sample does not have.

-- Every tenth order of the four large stores: five callers ask hundreds of queries, each twice.
SET session_replication_role = replica; -- orders go with their lines, so no foreign key needs a look
DELETE FROM retail.order_items WHERE store_id IN (1, 2, 3, 8) AND order_id % 10 <> 0;
DELETE FROM retail.orders WHERE store_id IN (1, 2, 3, 8) AND order_id % 10 <> 0;
RESET session_replication_role;

-- Missing values, other alphabets, wildcards in names.

UPDATE retail.customers SET phone = NULL WHERE customer_id % 23 = 0;
UPDATE retail.customers SET first_name = 'Zoë', last_name = 'O''Brien-Łukasz' WHERE customer_id % 997 = 0;
UPDATE retail.customers SET last_name = '100%_"Müller"' WHERE customer_id % 1499 = 0;
UPDATE retail.customers SET last_name = '李' WHERE customer_id % 2003 = 0;

-- Vectors: numbers from a hash: the same at every run, exact in single precision, no two products alike.
INSERT INTO retail.product_description_embeddings (product_id, description_embedding)
SELECT product_id, vector.description_embedding
FROM retail.products
CROSS JOIN LATERAL (
    SELECT array_agg(get_byte(digest, number % 32) - 128 ORDER BY number)::extensions.vector AS description_embedding
    FROM generate_series(0, 1535) AS number, sha256(convert_to(sku || number / 32, 'UTF8')) AS digest
) AS vector
WHERE product_id % 4 = 0
ON CONFLICT (product_id, model) DO UPDATE SET description_embedding = excluded.description_embedding;
