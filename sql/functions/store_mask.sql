-- For the policies: element n is true where store n is visible. A subscript of it is the one test that the planner
-- counts as free, so nothing that a caller writes, however cheap, is evaluated before it (tests/policies).
CREATE OR REPLACE FUNCTION access.store_mask()
RETURNS boolean[]
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(number = ANY (visible.stores) ORDER BY number)
    FROM (SELECT access.visible_stores() AS stores) AS visible
    CROSS JOIN generate_series(1, (SELECT max(store_id) FROM unnest(visible.stores) AS store_id)) AS number
$$;

COMMENT ON FUNCTION access.store_mask() IS 'Visible stores by number, for policies; NULL where there is none.';
