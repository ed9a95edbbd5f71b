-- The products, of all or of those that are eligible, that have the words asked for, or such as are spelled alike, best first.
-- For search_products.sql. score: BM25 as a share of what a product with every word, each said often, would have: 0 to 1.
CREATE OR REPLACE FUNCTION ops.products_by_words(asked text, eligible integer[], most integer)
RETURNS TABLE (product_id integer, score double precision)
LANGUAGE plpgsql STABLE ROWS 50
SET search_path = pg_catalog, pg_temp
SET pg_trgm.similarity_threshold = '0.4'
SET plan_cache_mode = force_generic_plan -- planning costs as much as running
SET enable_hashjoin = off -- a plan is made once and for all: by the indexes
SET enable_mergejoin = off
SET enable_seqscan = off
AS $$
DECLARE
    products real;
    asked_words text[];
BEGIN
    products := (SELECT count(*) FROM retail.products);
    asked_words := ARRAY(
        (SELECT lexeme FROM unnest(to_tsvector('english', left(asked, 2000))) LIMIT 32)
        UNION
        -- Product numbers, which the dictionary takes apart.
        (SELECT lower(token) FROM regexp_split_to_table(left(asked, 200), '\s+') AS token WHERE token ~ '-.*[0-9]')
    );
    RETURN QUERY
    WITH said AS (
        SELECT
            asked_word,
            known.word,
            extensions.similarity(known.word, asked_word) AS likeness,
            count(*) OVER (PARTITION BY asked_word, known.word) AS holders,
            posting.product_id,
            weight
        FROM unnest(asked_words) AS asked_word
        JOIN ops.words AS known
            ON known.word OPERATOR(extensions.%) asked_word AND (length(known.word) > 2 OR known.word = asked_word)
        JOIN ops.product_words AS posting ON posting.word = known.word
    ),
    weighed AS (
        SELECT *, ln(1 + (products - holders + 0.5) / (holders + 0.5)) AS rarity FROM said
    ),
    best AS (
        SELECT weighed.product_id, asked_word, max(likeness * rarity * weight) AS share
        FROM weighed
        GROUP BY weighed.product_id, asked_word
    ),
    possible AS (
        SELECT sum(2.2 * coalesce((SELECT max(rarity) FROM weighed WHERE word = asked_word), ln(2 * products + 2))) AS score
        FROM unnest(asked_words) AS asked_word
    )
    SELECT best.product_id, (sum(share) / (SELECT possible.score FROM possible))
    FROM best
    WHERE eligible IS NULL OR best.product_id IN (SELECT unnest(eligible))
    GROUP BY best.product_id
    ORDER BY 2 DESC, 1
    LIMIT most;
END
$$;

COMMENT ON FUNCTION ops.products_by_words(text, integer[], integer) IS 'Products by the words asked for, with a score of 0 to 1.';
