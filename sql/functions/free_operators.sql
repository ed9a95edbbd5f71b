-- For the rest of the transaction operators cost nothing, so that no condition is cheap enough to go before a policy
-- (policy_form.sql). What conditions usually cost is put on rows instead, or reading an index from end to end would seem
-- to cost nothing.
CREATE OR REPLACE FUNCTION access.free_operators()
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN set_config('cpu_operator_cost', '0', true) || set_config('cpu_tuple_cost', '0.02', true)
        || set_config('cpu_index_tuple_cost', '0.01', true);
END
$$;

COMMENT ON FUNCTION access.free_operators() IS 'Has the planner put no condition before a policy, however cheap it is.';
