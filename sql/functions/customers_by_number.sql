-- Whether the policy of retail.customers is a list of their numbers. Called IMMUTABLE so that the planner asks it while it
-- plans, as policy_form.sql. Both answers hold rows to the verified caller.
--
-- Customers are seen by where they ordered, which no index finds. So the index on their numbers would find a foreign
-- customer before the policy refuses it, and the time would tell that there is one. With the list among the conditions of
-- the index, numbers that the caller does not see are not looked up. A mask filters all customers faster, and is for
-- statements whose plan looks up no numbers but those of visible orders (customers_are_joined.sql).
CREATE OR REPLACE FUNCTION access.customers_by_number()
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_set text;
BEGIN
    -- Of enter_context, and of refuse_above. Nobody's word: without them a side channel would be open, no row.
    IF current_setting('app.sees', true) IN ('one', 'several')
        AND current_setting('app.customers_joined', true) IS DISTINCT FROM 'true' THEN
        IF current_setting('cpu_operator_cost') <> '0' THEN -- nothing goes before the list where no index looks it up
            is_set := access.free_operators();
        END IF;
        RETURN true;
    END IF;
    RETURN false;
END
$$;

COMMENT ON FUNCTION access.customers_by_number() IS 'Which form of its policy retail.customers is planned with.';
