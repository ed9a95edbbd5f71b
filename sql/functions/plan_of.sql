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
    IF statement COLLATE "C" ~* 'union|execute' THEN -- as policies_first will have it when it runs
        PERFORM set_config('cpu_operator_cost', '0', true);
    END IF;
    OPEN explained FOR EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement;
    FETCH explained INTO plan;
    CLOSE explained;
    RETURN plan -> 0 -> 'Plan';
END
$$;

COMMENT ON FUNCTION access.plan_of(text) IS 'Plan of a statement as JSON; callers have no rights here beyond their own.';
