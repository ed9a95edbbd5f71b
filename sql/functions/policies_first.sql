-- The first condition of every policy on tenants' rows: true. Called IMMUTABLE so that the planner asks it while it
-- plans, where it sees to it that no condition of the statement is evaluated on a row before its policy.
--
-- PostgreSQL lets a condition that it takes for leakproof go before a policy where it costs less than ten operators, and
-- of equal costs the policy's stands first, but for the arms of a UNION ALL, which become one relation: there the
-- caller's stands first. Where operators cost nothing, no condition is cheap enough to go before a policy. Sorting then
-- costs nothing either, so this is kept for statements that may unite: by their text, or because their text is not to
-- be seen, for it was prepared before or is run by a function.
CREATE OR REPLACE FUNCTION access.policies_first()
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    calls text;
BEGIN
    GET DIAGNOSTICS calls = PG_CONTEXT;
    IF coalesce(current_query() COLLATE "C" ~* 'union|execute', true) OR (
        -- Called from within a function, or a DO. plan_of looks at the text for itself, and runs nothing. What a caller
        -- wrote stands in quotes among the lines, so it is not the last of them.
        strpos(calls, E'\n') > 0
        AND calls !~ (E'\nPL/pgSQL function access\\.plan_of\\(text\\) line \\d+ at OPEN'
            '(\nPL/pgSQL function access\\.refuse_above\\(double precision,text\\) line \\d+ [a-z ]+)?$')
    ) THEN
        PERFORM set_config('cpu_operator_cost', '0', true);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION access.policies_first() IS 'True; makes the planner put policies before the conditions of callers.';
