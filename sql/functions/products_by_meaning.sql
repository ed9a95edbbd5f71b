-- The products whose description is nearest to a vector, of all or of those that are eligible, and those besides, however
-- far they are; some come twice. For search_products.sql. similarity: the cosine, -1 to 1.
CREATE OR REPLACE FUNCTION ops.products_by_meaning(
    vector extensions.vector, wanted_model text, eligible integer[], besides integer[], catalogue_size double precision, most integer
)
RETURNS TABLE (product_id integer, similarity double precision)
LANGUAGE plpgsql STABLE ROWS 50
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan -- planning costs as much as running
SET enable_sort = off -- a plan is made once and for all: by the index
SET hnsw.ef_search = '400' -- measured, see docs/search.md
SET hnsw.iterative_scan = strict_order -- goes on where the eligible are not among the nearest
SET hnsw.max_scan_tuples = '40000'
AS $$
DECLARE
    -- So many are compared one by one: eight microseconds each, and none is missed. The index takes as long where a
    -- filter leaves few of the nearest, and finds half of them where the filter goes with the meaning, as categories do.
    few CONSTANT integer := 20000;
BEGIN
    IF vector IS NULL THEN
        RETURN;
    END IF;
    IF eligible IS NULL AND catalogue_size <= few THEN
        RETURN QUERY
        WITH compared AS MATERIALIZED (
            SELECT made.product_id, made.description_embedding OPERATOR(extensions.<=>) vector AS distance
            FROM retail.product_description_embeddings AS made
            WHERE made.model = wanted_model
        )
        SELECT compared.product_id, 1 - distance FROM compared ORDER BY distance, compared.product_id LIMIT most;
    ELSIF cardinality(eligible) <= few THEN
        RETURN QUERY
        WITH compared AS MATERIALIZED (
            SELECT made.product_id, made.description_embedding OPERATOR(extensions.<=>) vector AS distance
            FROM retail.product_description_embeddings AS made
            WHERE made.product_id = ANY (eligible) AND made.model = wanted_model
        )
        SELECT compared.product_id, 1 - distance FROM compared ORDER BY distance, compared.product_id LIMIT most;
    ELSIF eligible IS NULL THEN
        RETURN QUERY
        SELECT made.product_id, 1 - (made.description_embedding OPERATOR(extensions.<=>) vector)
        FROM retail.product_description_embeddings AS made
        WHERE made.model = wanted_model
        ORDER BY made.description_embedding OPERATOR(extensions.<=>) vector
        LIMIT most;
    ELSE
        RETURN QUERY
        SELECT made.product_id, 1 - (made.description_embedding OPERATOR(extensions.<=>) vector)
        FROM retail.product_description_embeddings AS made
        WHERE made.model = wanted_model AND (made.product_id IN (SELECT unnest(eligible))) IS TRUE
        ORDER BY made.description_embedding OPERATOR(extensions.<=>) vector
        LIMIT most;
    END IF;
    RETURN QUERY
    SELECT made.product_id, 1 - (made.description_embedding OPERATOR(extensions.<=>) vector)
    FROM retail.product_description_embeddings AS made
    WHERE made.product_id = ANY (besides) AND made.model = wanted_model;
END
$$;

COMMENT ON FUNCTION ops.products_by_meaning(extensions.vector, text, integer[], integer[], double precision, integer) IS
    'Products by their distance to a vector of the served model.';
