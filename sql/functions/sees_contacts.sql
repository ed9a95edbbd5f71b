-- Whether the caller of the current context is shown what is encrypted of its customers; not without a valid context.
CREATE OR REPLACE FUNCTION access.sees_contacts()
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read principals
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM access.principals AS principal
        WHERE principal.principal_id = (SELECT (access.verified_caller()).principal_id) AND principal.sees_contacts
    )
$$;

COMMENT ON FUNCTION access.sees_contacts() IS 'Whether the current context''s principal is shown encrypted contacts.';
