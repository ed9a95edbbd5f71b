-- How the policies on tenants' rows are put. Each form alone holds rows to the verified caller, when the statement runs.
-- Called IMMUTABLE so that the planner asks it while it plans, and leaves the other forms out.
--
-- list           store_id = ANY (visible stores): indexes find it, and nothing is evaluated for a row they found.
-- mask           an element of an array: costs the planner nothing, so that it goes before all that a caller writes.
-- mask and list  found by the list, and held to the mask wherever the list is not looked up.
--
-- PostgreSQL lets a condition that it takes for leakproof go before a policy where it costs less than ten operators, and
-- of equal costs the policy's stands first. Where there is nothing that could tell of a row by going before, the list will
-- do: a statement without any condition, by its text; or one of which the signer of the context says so. Who sees every
-- store gains nothing from an index on stores: the mask.
-- In the arms of a UNION ALL, which become one relation, the caller's stands first. Where operators cost nothing, no
-- condition is cheap enough to go before a policy. Sorting then costs nothing either, so this is kept for statements that
-- may unite: by their text, or because their text is not to be seen, for it was prepared before or is run by a function.
CREATE OR REPLACE FUNCTION access.policy_form()
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    statement text := current_query();
    calls text;
    caller access.visibility;
BEGIN
    GET DIAGNOSTICS calls = PG_CONTEXT;
    -- Called from within a function, or a DO. What a caller wrote stands in quotes among the lines, so it is not the last.
    IF strpos(calls, E'\n') > 0 THEN
        statement := CASE
            WHEN calls ~ (E'\nPL/pgSQL function access\\.plan_of\\(text\\) line \\d+ at OPEN'
                '(\nPL/pgSQL function access\\.refuse_above\\(double precision,text\\) line \\d+ [a-z ]+)?$')
            THEN current_setting('app.planned_statement', true) -- which runs nothing
        END;
    END IF;
    IF coalesce(statement COLLATE "C" ~* 'union|execute', true) THEN
        PERFORM set_config('cpu_operator_cost', '0', true);
    -- A single SELECT, so that what it joins by USING are columns of tables. No backslash in it, for what one means is a
    -- setting of the session.
    ELSIF statement COLLATE "C" !~* '[[:<:]](where|having|on|values)[[:>:]]|select.*select' THEN
        RETURN 'list';
    END IF;
    caller := access.verified_caller();
    RETURN CASE
        WHEN caller.sees_all THEN 'mask'
        WHEN caller.principal_id IS NOT NULL AND starts_with(current_setting('app.rls_context'), 'v1-plain|') THEN 'list'
        ELSE 'mask and list'
    END;
END
$$;

COMMENT ON FUNCTION access.policy_form() IS 'Which form of the policies a statement is planned with. For the policies.';
