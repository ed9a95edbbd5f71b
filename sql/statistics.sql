-- What the planner knows of tenants' tables. Run at each deploy, as zava_owner.
-- ANALYZE keeps samples of every tenant's rows, and the planner's costs tell of them whoever may ask for a plan, or for
-- an answer that is refused above a cost. So these columns are not sampled: their statistics are the assumptions below,
-- the same for every store. Negative: a share of the rows. What is left to tell is how large a table is altogether.

DO $$
DECLARE
    stores bigint := greatest(8, (SELECT count(*) FROM retail.stores));
    products bigint := greatest(400, (SELECT count(*) FROM retail.products));
    -- `store_id = ANY ((SELECT …))` in a policy is a list that the planner does not know: it takes it for ten values of
    -- as many as there are, and the mask beside it for a condition that half of the rows pass. With five times as many
    -- values as stores it expects one store's share of the rows.
    tenants bigint := 5 * stores;
    assumed record;
BEGIN
    FOR assumed IN
        SELECT relation, attribute, width, distinct_values, null_share, in_order, bounds
        FROM (
            VALUES
                ('customers', 'customer_id', 4, -1, 0, 1, NULL),
                ('customers', 'first_name', 6, 200, 0, 0, NULL),
                ('customers', 'last_name', 7, 1000, 0, 0, NULL),
                ('customers', 'email', 26, -1, 0, 0, NULL),
                ('customers', 'phone', 15, -0.9, 0.1, 0, NULL),
                ('customers', 'primary_store_id', 4, tenants, 0, 0, NULL),
                ('customers', 'created_at', 8, -1, 0, 1, '{2020-01-01, 2030-01-01}'),
                ('inventory', 'store_id', 4, tenants, 0, 0, NULL),
                ('inventory', 'product_id', 4, products, 0, 0, NULL),
                ('inventory', 'stock_level', 4, 100, 0, 0, '{0, 50, 500}'),
                ('orders', 'order_id', 4, -1, 0, 1, NULL),
                ('orders', 'customer_id', 4, -0.25, 0, 0, NULL),
                ('orders', 'store_id', 4, tenants, 0, 0, NULL),
                ('orders', 'order_date', 4, 2500, 0, 1, '{2020-01-01, 2027-01-01}'),
                ('order_items', 'order_item_id', 4, -1, 0, 1, NULL),
                ('order_items', 'order_id', 4, -0.4, 0, 1, NULL),
                ('order_items', 'store_id', 4, tenants, 0, 0, NULL),
                ('order_items', 'product_id', 4, products, 0, 0, NULL),
                ('order_items', 'quantity', 4, 10, 0, 0, '{1, 3, 10}'),
                ('order_items', 'unit_price', 6, 500, 0, 0, '{1, 50, 1000}'),
                ('order_items', 'discount_percent', 4, 25, 0, 0, '{0, 0, 0, 30}'),
                ('order_items', 'discount_amount', 5, 2000, 0, 0, '{0, 0, 0, 300}'),
                ('order_items', 'total_amount', 6, 5000, 0, 0, '{1, 80, 5000}')
        ) AS assumption (relation, attribute, width, distinct_values, null_share, in_order, bounds)
    LOOP
        EXECUTE format(
            'ALTER TABLE retail.%I ALTER COLUMN %I SET STATISTICS 0, ALTER COLUMN %2$I RESET (n_distinct)',
            assumed.relation, assumed.attribute
        );
        PERFORM pg_clear_attribute_stats('retail', assumed.relation, assumed.attribute, false);
        PERFORM pg_restore_attribute_stats(
            'schemaname', 'retail', 'relname', assumed.relation, 'attname', assumed.attribute, 'inherited', false,
            'null_frac', assumed.null_share::real, 'avg_width', assumed.width,
            'n_distinct', assumed.distinct_values::real, 'correlation', assumed.in_order::real,
            'histogram_bounds', assumed.bounds
        );
    END LOOP;
END
$$;
