-- Keeps ops.product_words true to the products that a statement wrote. A word of the name counts double, and more of the
-- same say ever less: BM25 with k1 = 1.2 and b = 0, for descriptions are of one length.
CREATE OR REPLACE FUNCTION ops.index_words()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write products need not write their words
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed integer[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        changed := ARRAY(SELECT product_id FROM written);
    ELSE
        changed := ARRAY(
            SELECT product_id
            FROM (
                SELECT product_id, sku, product_name, product_description FROM written
                EXCEPT
                SELECT product_id, sku, product_name, product_description FROM before
            ) AS differing
            UNION
            SELECT product_id FROM written WHERE product_id NOT IN (SELECT product_id FROM ops.product_words)
        );
    END IF;
    DELETE FROM ops.product_words WHERE product_id = ANY (changed);

    WITH said AS MATERIALIZED (
        SELECT word, product_id, frequency
        FROM written
        CROSS JOIN LATERAL ops.words_of(sku, product_name, product_description)
        WHERE product_id = ANY (changed)
    ),
    known AS (
        -- In order, so that no two writers wait for each other.
        INSERT INTO ops.words (word) SELECT DISTINCT word FROM said ORDER BY word ON CONFLICT (word) DO NOTHING
    )
    INSERT INTO ops.product_words (word, product_id, weight)
    SELECT word, product_id, 2.2 * frequency / (frequency + 1.2) FROM said;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION ops.index_words() IS 'Trigger of retail.products.';

CREATE OR REPLACE TRIGGER index_words_inserted AFTER INSERT ON retail.products
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.index_words();
CREATE OR REPLACE TRIGGER index_words_updated AFTER UPDATE ON retail.products
    REFERENCING OLD TABLE AS before NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.index_words();

-- As in refresh_visits.sql.
ALTER TABLE retail.products ENABLE ALWAYS TRIGGER index_words_inserted;
ALTER TABLE retail.products ENABLE ALWAYS TRIGGER index_words_updated;
