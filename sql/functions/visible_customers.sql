-- The numbers of the customers whom the verified caller sees, in order: for the policy of retail.customers, where numbers
-- are looked up (customers_by_number.sql).
CREATE OR REPLACE FUNCTION access.visible_customers()
RETURNS integer[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals, grants or other stores' visits
SET search_path = pg_catalog, pg_temp
SET row_security = on -- as in refresh_visibility.sql
AS $$
DECLARE
    caller access.visibility := access.verified_caller();
BEGIN
    IF caller.sees_all THEN
        RETURN ARRAY(SELECT customer_id FROM retail.customers ORDER BY customer_id);
    END IF;
    RETURN ARRAY(
        SELECT customer_id FROM retail.customers WHERE primary_store_id::text = ANY (caller.store_ids::text[])
        UNION ALL -- who visits a store has another one for its primary one, but perhaps a visible one
        SELECT customer_id FROM access.visits WHERE store_id = ANY (caller.store_ids)
        ORDER BY customer_id
    );
END
$$;

COMMENT ON FUNCTION access.visible_customers() IS 'Visible customers'' numbers in order, some twice; for the policy.';
