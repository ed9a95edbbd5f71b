-- The stores whose rows the signed context may see; an empty array without a valid one. Never NULL.
CREATE OR REPLACE FUNCTION access.visible_stores()
RETURNS integer[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((access.verified_caller()).store_ids, '{}');
END
$$;

COMMENT ON FUNCTION access.visible_stores() IS 'Stores that the policies let the current context see.';
