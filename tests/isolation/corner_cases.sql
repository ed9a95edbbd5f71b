-- What the sample data do not have and free queries meet: missing values, other alphabets, wildcards in names, vectors.

UPDATE retail.customers SET phone = NULL WHERE customer_id % 23 = 0;
UPDATE retail.customers SET first_name = 'Zoë', last_name = 'O''Brien-Łukasz' WHERE customer_id % 997 = 0;
UPDATE retail.customers SET last_name = '100%_"Müller"' WHERE customer_id % 1499 = 0;
UPDATE retail.customers SET last_name = '李' WHERE customer_id % 2003 = 0;

-- Numbers from a hash: the same at every run, exact in single precision, no two products alike.
INSERT INTO retail.product_description_embeddings (product_id, description_embedding)
SELECT product_id, vector.description_embedding
FROM retail.products
CROSS JOIN LATERAL (
    SELECT array_agg(get_byte(digest, number % 32) - 128 ORDER BY number)::extensions.vector AS description_embedding
    FROM generate_series(0, 1535) AS number, sha256(convert_to(sku || number / 32, 'UTF8')) AS digest
) AS vector
WHERE product_id % 4 = 0
ON CONFLICT (product_id) DO UPDATE SET description_embedding = excluded.description_embedding;
