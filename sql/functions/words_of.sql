-- The words of a product and how often it has them; those of its name once more.
CREATE OR REPLACE FUNCTION ops.words_of(sku text, product_name text, product_description text)
RETURNS TABLE (word text, frequency real)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT lexeme, sum(times)::real
    FROM (
        SELECT lexeme, cardinality(positions)
        FROM unnest(to_tsvector('english', product_name || ' ' || product_description))
        UNION ALL
        SELECT lexeme, 1 FROM unnest(to_tsvector('english', product_name))
        UNION ALL
        SELECT lower(sku), 2
    ) AS said (lexeme, times)
    GROUP BY lexeme
$$;

COMMENT ON FUNCTION ops.words_of(text, text, text) IS 'Words of a product with their frequency, and its number as one.';

-- Products that were there before the trigger of index_words.sql, at the first deploy that has both.
UPDATE retail.products SET sku = sku WHERE product_id NOT IN (SELECT product_id FROM ops.product_words);
