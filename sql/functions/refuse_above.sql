-- Stops the transaction where the planner expects a statement to cost more than a ceiling, in the round trip of the call.
CREATE OR REPLACE FUNCTION access.refuse_above(ceiling double precision, statement text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    cost double precision := access.plan_of(statement) ->> 'Total Cost';
BEGIN
    IF cost > ceiling THEN
        -- How much is not said: it would tell of rows that the caller does not see.
        RAISE EXCEPTION USING ERRCODE = 'ZV001', MESSAGE = 'the statement costs too much';
    END IF;
END
$$;

COMMENT ON FUNCTION access.refuse_above(double precision, text) IS
    'Fails with ZV001 where the plan of a statement costs more than the ceiling.';
