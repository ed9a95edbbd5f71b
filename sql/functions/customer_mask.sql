-- For the policy of retail.customers: element n is true where customer n signed up or ordered at a visible store.
-- A mask for the reason given in store_mask.sql. Customer numbers count up from 1: the mask is as long as the largest.
CREATE OR REPLACE FUNCTION access.customer_mask()
RETURNS boolean[]
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
    WITH caller AS MATERIALIZED (SELECT access.visible_stores() AS stores),
    -- No row without a store, so that nothing is looked up for nobody.
    visible AS MATERIALIZED (SELECT stores FROM caller WHERE cardinality(stores) > 0),
    seen AS (
        SELECT customer_id FROM visible JOIN retail.customers ON primary_store_id = ANY (visible.stores)
        UNION
        SELECT customer_id FROM visible JOIN retail.orders ON store_id = ANY (visible.stores)
    )
    SELECT array_agg(seen.customer_id IS NOT NULL ORDER BY number)
    FROM generate_series(1, (SELECT max(customer_id) FROM seen)) AS number
    LEFT JOIN seen ON seen.customer_id = number
$$;

COMMENT ON FUNCTION access.customer_mask() IS 'Visible customers by number, for their policy; NULL where there is none.';
