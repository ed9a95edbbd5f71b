-- A hint to the planner that never changes an answer: who sees every store gains nothing from an index on stores.
-- Called IMMUTABLE so that the planner asks it once, while it plans, and drops the condition; a plan that is kept and
-- used by somebody else is slower, not wrong, for the mask beside it decides what is seen.
CREATE OR REPLACE FUNCTION access.sees_all_stores()
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((access.verified_caller()).sees_all, false);
END
$$;

COMMENT ON FUNCTION access.sees_all_stores() IS 'Whether the policies may leave out how rows are found. Decides nothing.';
