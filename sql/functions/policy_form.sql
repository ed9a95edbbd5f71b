-- How the policies on tenants' rows are put. Each form alone holds rows to the verified caller, when the statement runs.
-- Called IMMUTABLE so that the planner asks it while it plans, and leaves the other forms out.
--
-- list           store_id = ANY (visible stores): where an index looks it up, it costs nothing a row.
-- store          store_id = the visible store: the same for who sees one, and the planner knows that it is one.
-- mask           an element of an array: costs the planner nothing, so that it goes before all that a caller writes.
-- mask and list  found by the list, and held to the mask wherever the list is not looked up.
--
-- PostgreSQL lets a condition that it takes for leakproof go before a policy where it costs less than ten operators, and
-- of equal costs the policy's stands first. A statement without any condition has nothing that could go before: the list
-- will do. Its text says so, or the signer of the context. Who sees every store gains nothing from an index on stores.
--
-- Where operators cost nothing, no condition is cheap enough to go before a policy: the list will do for any statement.
-- Sorting, grouping and joining are free then, too, so this is kept for statements of one table that do none of it,
-- by their text or by the context, whose word needs no signature here; and for statements that may unite. In the arms of
-- a UNION ALL, which become one relation, the caller's stands first. They are known by their text, or because their text
-- is not to be seen, for it was prepared before or is run by a function.
CREATE OR REPLACE FUNCTION access.policy_form()
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    context text := current_setting('app.rls_context', true);
    statement text;
    calls text;
    sources text;
    listed text := CASE current_setting('app.sees', true) WHEN 'one' THEN 'store' ELSE 'list' END;
    sees text;
    caller access.visibility;
    one_table boolean := coalesce(starts_with(context, 'v1-single|'), false);
    unites boolean := false;
    is_set text; -- an assignment takes half of a PERFORM's time
BEGIN
    IF NOT one_table THEN
        statement := current_query();
        GET DIAGNOSTICS calls = PG_CONTEXT;
        -- Called from within a function, or a DO. What a caller wrote stands in quotes among the lines, so it is not the
        -- last.
        IF strpos(calls, E'\n') > 0 THEN
            statement := CASE
                WHEN calls ~ (E'\nPL/pgSQL function access\\.plan_of\\(text\\) line \\d+ at FETCH'
                    '(\nPL/pgSQL function access\\.refuse_above\\(double precision,text,text\\) line \\d+ [a-z ]+)?$')
                THEN current_setting('app.planned_statement', true) -- which runs nothing
            END;
        END IF;
        statement := translate(lower(statement COLLATE "C"), E'\n\t\r', '   ');
        IF statement IS NULL OR strpos(statement, 'union') > 0 OR strpos(statement, 'execute') > 0 THEN
            unites := true;
        -- One SELECT, no VALUES, no comment.
        ELSIF split_part(statement, 'select', 3) = '' AND strpos(statement, 'values') = 0
            AND strpos(statement, 'having') = 0 AND strpos(statement, '--') = 0 AND strpos(statement, '/*') = 0 THEN
            -- One FROM, and between it and what follows nothing but names of tables and of columns behind USING: a function
            -- of constants would become a constant, and a join with it a condition. No backslash, for what one means is a
            -- setting.
            IF strpos(statement, 'extract(') > 0 THEN
                statement := regexp_replace(statement, 'extract[(][a-z]+ from ', 'extract(', 'g');
            END IF;
            sources := split_part(statement, 'from', 2);
            sources := split_part(split_part(split_part(sources, ' group by ', 1), ' order by ', 1), ' limit ', 1);
            IF split_part(statement, 'from', 3) = '' AND replace(sources, ' using (', ' ') ~ '^[a-z0-9_.,) ]+$'
                AND sources !~ '[[:<:]](on|where)[[:>:]]' THEN
                RETURN listed;
            END IF;
            one_table := statement ~ ' from [a-z0-9_.]+( (as )?[a-z0-9_]+)? where '
                AND statement !~ 'group by|order by|select distinct|over *[(]';
        END IF;
    END IF;
    IF (one_table OR unites) AND current_setting('cpu_operator_cost') <> '0' THEN
        is_set := access.free_operators();
    END IF;
    IF one_table THEN
        RETURN listed;
    END IF;
    -- Nobody's word, but a mask is as safe as mask and list.
    sees := current_setting('app.sees', true); -- of enter_context; empty where nobody entered
    IF starts_with(context, 'v1-plain|') IS NOT TRUE AND sees <> '' THEN
        RETURN CASE sees WHEN 'all' THEN 'mask' ELSE 'mask and list' END;
    END IF;
    caller := access.verified_caller();
    RETURN CASE
        WHEN starts_with(context, 'v1-plain|') AND caller.principal_id IS NOT NULL THEN listed
        WHEN caller.sees_all THEN 'mask'
        ELSE 'mask and list'
    END;
END
$$;

COMMENT ON FUNCTION access.policy_form() IS 'Which form of the policies a statement is planned with. For the policies.';
