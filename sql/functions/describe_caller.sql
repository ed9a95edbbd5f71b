-- What the signed context says of its caller, for the caller's own eyes; no row without a principal.
CREATE OR REPLACE FUNCTION access.describe_caller()
RETURNS TABLE (display_name text, role text, store_ids integer[])
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
SECURITY DEFINER -- callers must not read principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT principal.display_name, principal.role, caller.store_ids
    FROM access.verified_caller() AS caller
    JOIN access.principals AS principal USING (principal_id)
$$;

COMMENT ON FUNCTION access.describe_caller() IS 'Name, role and visible stores of the current context''s principal.';
