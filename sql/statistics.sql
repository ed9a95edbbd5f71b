-- What the planner should expect of the policies. Run at each deploy, as zava_owner; the next ANALYZE takes it up.
-- `store_id = ANY ((SELECT …))` is a list that the planner does not know: it takes it for ten values of as many as the
-- column has, and the mask beside it for one that half of the rows pass. With five times as many values as there are
-- stores it expects one store's share of the rows.

DO $$
DECLARE
    tenant_table text;
    distinct_values bigint := 5 * greatest(8, (SELECT count(*) FROM retail.stores));
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['orders', 'order_items', 'inventory'] LOOP
        EXECUTE format('ALTER TABLE retail.%I ALTER COLUMN store_id SET (n_distinct = %s)', tenant_table, distinct_values);
    END LOOP;
END
$$;
