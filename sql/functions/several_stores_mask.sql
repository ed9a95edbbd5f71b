-- The verified caller's mask if it has several stores, for the policy of retail.customers. NULL for one store, which a
-- comparison finds in a third of the time.
CREATE OR REPLACE FUNCTION access.several_stores_mask()
RETURNS boolean[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller access.visibility := access.verified_caller();
BEGIN
    RETURN CASE WHEN cardinality(caller.store_ids) > 1 THEN caller.store_mask END;
END
$$;

COMMENT ON FUNCTION access.several_stores_mask() IS 'Visible stores by number, for policies; NULL where they are not several.';
