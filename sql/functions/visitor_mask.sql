-- What the verified caller's mask is to stores, for the policy of retail.customers: those who ordered at a visible store
-- and whose primary store is another. NULL for who sees every store, for then every primary store is visible.
CREATE OR REPLACE FUNCTION access.visitor_mask()
RETURNS boolean[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals, grants or other stores' visits
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller access.visibility := access.verified_caller();
BEGIN
    IF caller.sees_all THEN
        RETURN NULL;
    END IF;
    RETURN access.mask_of(ARRAY(SELECT customer_id FROM access.visits WHERE store_id = ANY (caller.store_ids)));
END
$$;

COMMENT ON FUNCTION access.visitor_mask() IS 'Visible visitors by number, for policies; NULL where there is none.';
