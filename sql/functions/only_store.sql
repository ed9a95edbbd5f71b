-- The verified caller's store, for the policies of who sees one; NULL for who sees none. A plan that was made for one store
-- and kept, shows nothing to who sees several: it fails, rather than show less than there is.
CREATE OR REPLACE FUNCTION access.only_store()
RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller access.visibility := access.verified_caller();
BEGIN
    IF cardinality(caller.store_ids) > 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'ZV003',
            MESSAGE = 'the statement was planned for who sees one store',
            HINT = 'DISCARD PLANS';
    END IF;
    RETURN caller.store_ids[1];
END
$$;

COMMENT ON FUNCTION access.only_store() IS 'The one visible store, for policies.';
