-- Products by words, by meaning, or both, most relevant first. asked null: by meaning alone. vector null: by words alone.
-- Filters that are null are not there; among: product numbers that the caller has already chosen.
-- similarity: the cosine. word_score: see products_by_words.sql. Both are null where they are not known.
-- least_similarity: what is less similar is left out, unless it has half of what was asked for in its words, or its number
-- is in the text.
CREATE OR REPLACE FUNCTION access.search_products(
    asked text,
    vector extensions.vector,
    wanted_model text,
    category text,
    least_price numeric,
    most_price numeric,
    among integer[],
    least_similarity double precision,
    most integer
)
RETURNS TABLE (
    product_id integer,
    sku text,
    product_name text,
    category_name text,
    type_name text,
    base_price numeric,
    product_description text,
    similarity double precision,
    word_score double precision,
    relevance double precision
)
LANGUAGE plpgsql STABLE ROWS 50
SECURITY DEFINER -- under the catalogue's policies no index serves words, and each table would verify the caller again
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan -- planning costs as much as running
AS $$
#variable_conflict use_column
DECLARE
    -- How much the best hit by words adds to a cosine: measured, see docs/search.md.
    word_weight CONSTANT double precision := 0.2;
    enough_words CONSTANT double precision := 0.5;
    eligible integer[] := among;
    named integer[];
    catalogue_size double precision;
BEGIN
    -- As the catalogue's policies have it. Of which model, the server says.
    IF (access.verified_caller()).store_mask IS NULL THEN
        RETURN;
    END IF;
    catalogue_size := (SELECT count(*) FROM retail.products);
    named := ARRAY(
        SELECT products.product_id
        FROM retail.products
        WHERE sku = ANY (ARRAY(
            SELECT unnest(ARRAY[token, upper(token), lower(token)])
            FROM regexp_split_to_table(left(asked, 2000), '\s+') AS said
            CROSS JOIN LATERAL btrim(said, '.,;:!?()''"#') AS token
        ))
    );
    IF category IS NOT NULL OR least_price IS NOT NULL OR most_price IS NOT NULL THEN
        eligible := ARRAY(
            SELECT product.product_id
            FROM retail.products AS product
            JOIN retail.categories AS its_category USING (category_id)
            WHERE (category IS NULL OR lower(its_category.category_name) = lower(category))
                AND (least_price IS NULL OR product.base_price >= least_price)
                AND (most_price IS NULL OR product.base_price <= most_price)
                AND (among IS NULL OR product.product_id IN (SELECT unnest(among)))
        );
    END IF;
    RETURN QUERY
    WITH worded AS MATERIALIZED (
        SELECT hit.product_id, hit.score, hit.score / max(hit.score) OVER () AS share
        FROM ops.products_by_words(asked, eligible, catalogue_size, most) AS hit
    ),
    meant AS MATERIALIZED (
        SELECT DISTINCT hit.product_id, hit.similarity
        FROM ops.products_by_meaning(
            vector, wanted_model, eligible, ARRAY(SELECT worded.product_id FROM worded), catalogue_size, most
        ) AS hit
    ),
    hits AS (
        SELECT
            product_id,
            meant.similarity,
            worded.score,
            coalesce(meant.similarity, 0) + word_weight * coalesce(worded.share, 0)
                + (product_id = ANY (named))::integer AS relevance
        FROM meant
        FULL JOIN worded USING (product_id)
        WHERE vector IS NULL
            OR least_similarity IS NULL
            OR meant.similarity >= least_similarity
            OR worded.score >= enough_words
            OR product_id = ANY (named)
        ORDER BY relevance DESC, product_id
        LIMIT most
    )
    SELECT
        product.product_id,
        product.sku,
        product.product_name,
        its_category.category_name,
        its_type.type_name,
        product.base_price,
        product.product_description,
        hits.similarity,
        hits.score,
        hits.relevance
    FROM hits
    JOIN retail.products AS product USING (product_id)
    JOIN retail.categories AS its_category USING (category_id)
    JOIN retail.product_types AS its_type USING (type_id);
END
$$;

COMMENT ON FUNCTION access.search_products(
    text, extensions.vector, text, text, numeric, numeric, integer[], double precision, integer
) IS 'Products by words and meaning, most relevant first.';
