-- The plan of a caller's statement, without running it. A cursor takes one statement, and EXPLAIN no other than a query.
CREATE OR REPLACE FUNCTION access.plan_of(statement text)
RETURNS json
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    explained refcursor;
    plan json;
BEGIN
    -- Names mean here what they will mean when the statement runs; put back when this function ends.
    PERFORM set_config('search_path', 'retail, extensions', true);
    PERFORM set_config('app.planned_statement', statement, true); -- for policy_form, which could not see it
    OPEN explained FOR EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement;
    FETCH explained INTO plan;
    CLOSE explained;
    RETURN plan -> 0 -> 'Plan';
END
$$;

COMMENT ON FUNCTION access.plan_of(text) IS 'Plan of a statement as JSON; callers have no rights here beyond their own.';
