-- Stops the transaction where the planner expects a statement to cost more than a ceiling, in the round trip of the call.
-- declaration: what runs of it, to the letter, where it names customers, gives no column of a table another name and unites
-- nothing: then its plan says which form the policy of customers takes (customers_by_number.sql).
CREATE OR REPLACE FUNCTION access.refuse_above(ceiling double precision, statement text, declaration text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    operator_cost text := current_setting('cpu_operator_cost');
    plan json;
    is_set text;
BEGIN
    IF declaration IS NOT NULL AND current_setting('app.sees', true) IN ('one', 'several') THEN
        is_set := set_config('app.customers_joined', 'true', true);
        plan := access.plan_of(declaration);
        -- What runs is planned with what policy_form has set meanwhile, from its beginning.
        IF current_setting('cpu_operator_cost') <> operator_cost AND access.customers_are_joined(plan::jsonb) THEN
            plan := access.plan_of(declaration);
        END IF;
        IF NOT access.customers_are_joined(plan::jsonb) THEN
            is_set := set_config('app.customers_joined', 'false', true);
            plan := NULL;
        END IF;
    END IF;
    -- A cursor's plan is made for its first rows, and all of them may cost more by it.
    IF plan IS NULL OR (plan ->> 'Total Cost')::double precision > ceiling THEN
        plan := access.plan_of(statement);
    END IF;
    IF (plan ->> 'Total Cost')::double precision > ceiling THEN
        -- How much is not said: it would tell of rows that the caller does not see.
        RAISE EXCEPTION USING ERRCODE = 'ZV001', MESSAGE = 'the statement costs too much';
    END IF;
END
$$;

COMMENT ON FUNCTION access.refuse_above(double precision, text, text) IS
    'Fails with ZV001 where the plan of a statement costs more than the ceiling.';
