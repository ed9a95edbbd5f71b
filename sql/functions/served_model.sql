-- The model whose embeddings are searched; 'unknown' before the first embedding.
CREATE OR REPLACE FUNCTION access.served_model()
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers see this of ops and nothing else
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT model FROM ops.served_model), 'unknown')
$$;

COMMENT ON FUNCTION access.served_model() IS 'The model whose embeddings callers search.';

ALTER TABLE retail.product_description_embeddings ALTER COLUMN model SET DEFAULT access.served_model();
