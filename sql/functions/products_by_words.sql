-- The products, of all or of those that are eligible, that have the words asked for, or such as are spelled alike, best first.
-- For search_products.sql. score: BM25 as a share of what a product with every word, each said often, would have: 0 to 1.
-- In a catalogue of thousands, words that very many products have only tell between those that the rarer words found.
CREATE OR REPLACE FUNCTION ops.products_by_words(asked text, eligible integer[], catalogue_size double precision, most integer)
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
    -- So many entries are read in some twenty milliseconds. The sample has fewer in all.
    readable CONSTANT integer := 20000;
    asked_words text[];
BEGIN
    asked_words := ARRAY(
        (SELECT lexeme FROM unnest(to_tsvector('english', left(asked, 2000))) LIMIT 32)
        UNION
        -- Product numbers, which the dictionary takes apart.
        (SELECT lower(token) FROM regexp_split_to_table(left(asked, 200), '\s+') AS token WHERE token ~ '-.*[0-9]')
    );
    RETURN QUERY
    WITH known AS MATERIALIZED (
        SELECT asked_word, alike.word, extensions.similarity(alike.word, asked_word) AS likeness, holders
        FROM unnest(asked_words) AS asked_word
        JOIN ops.words AS alike
            ON alike.word OPERATOR(extensions.%) asked_word AND (length(alike.word) > 2 OR alike.word = asked_word)
        CROSS JOIN LATERAL (
            SELECT count(*) AS holders FROM ops.product_words AS posting WHERE posting.word = alike.word
        ) AS counted
        WHERE holders > 0
    ),
    reach AS (
        SELECT *, sum(holders) OVER (PARTITION BY asked_word) AS reached FROM known
    ),
    weighed AS MATERIALIZED (
        SELECT
            asked_word,
            word,
            likeness,
            ln(1 + (catalogue_size - holders + 0.5) / (holders + 0.5)) AS rarity,
            -- The rarest word at least, and then as many as are readable.
            sum(holders) OVER (ORDER BY reached, asked_word) > greatest(readable, reached) AS common
        FROM reach
    ),
    best AS (
        SELECT posting.product_id, asked_word, max(likeness * rarity * weight) AS share
        FROM weighed
        JOIN ops.product_words AS posting USING (word)
        WHERE NOT common
        GROUP BY posting.product_id, asked_word
    ),
    found AS (
        SELECT best.product_id, sum(share) AS score
        FROM best
        WHERE eligible IS NULL OR best.product_id IN (SELECT unnest(eligible))
        GROUP BY best.product_id
        ORDER BY 2 DESC, 1
        LIMIT 4 * most
    ),
    common_words AS MATERIALIZED (
        SELECT asked_word, word, likeness * rarity AS worth FROM weighed WHERE common
    ),
    possible AS (
        -- A word that no product has is taken for the nearest one that some have, and counts as much as it is like it.
        SELECT sum(2.2 * coalesce(nearest.likeness * nearest.rarity, ln(2 * catalogue_size + 2))) AS score
        FROM unnest(asked_words) AS sought
        LEFT JOIN LATERAL (
            SELECT likeness, rarity
            FROM weighed
            WHERE weighed.asked_word = sought
            ORDER BY word = sought DESC, likeness * rarity DESC
            LIMIT 1
        ) AS nearest ON true
    )
    SELECT found.product_id, (found.score + coalesce(also.score, 0)) / (SELECT possible.score FROM possible)
    FROM found
    CROSS JOIN LATERAL (
        SELECT sum(share) AS score
        FROM (
            SELECT max(worth * weight) AS share
            FROM common_words
            JOIN ops.product_words AS posting ON posting.word = common_words.word AND posting.product_id = found.product_id
            GROUP BY asked_word
        ) AS shares
    ) AS also
    ORDER BY 2 DESC, 1
    LIMIT most;
END
$$;
