-- Sets the signed context for the rest of the transaction and says whether it holds, in the same round trip.
-- Anybody may set the setting; only the holder of a key can sign what goes into it.
CREATE OR REPLACE FUNCTION access.enter_context(context text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER -- callers must not read signing keys
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_set text := set_config('app.rls_context', context, true); -- an assignment takes half of a PERFORM's time
    caller access.visibility := access.verified_caller();
BEGIN
    is_set := set_config('app.sees', CASE -- for policy_form
        WHEN caller.sees_all THEN 'all'
        WHEN cardinality(caller.store_ids) = 1 THEN 'one'
        ELSE 'several' -- or none
    END, true);
    RETURN caller.principal_id IS NOT NULL;
END
$$;

COMMENT ON FUNCTION access.enter_context(text) IS 'Makes a signed context current until the transaction ends.';
