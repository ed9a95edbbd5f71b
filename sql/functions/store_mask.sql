-- For the policies: element n is true where store n is visible. A subscript of it is the one test that the planner
-- counts as free, so nothing that a caller writes, however cheap, is evaluated before it (tests/policies).
CREATE OR REPLACE FUNCTION access.store_mask()
RETURNS boolean[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A copy: a long mask is stored compressed, and would be unpacked for each row.
    RETURN trim_array((access.verified_caller()).store_mask, 0);
END
$$;

COMMENT ON FUNCTION access.store_mask() IS 'Visible stores by number, for policies; NULL where there is none.';
