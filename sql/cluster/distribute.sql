-- Spreads the tables of a deployed schema over an elastic cluster (Citus), by store: psql -1 -v ON_ERROR_STOP=1 -f. No deploy
-- runs this. docs/scaling.md says what has to be changed first; this refuses until it is, and where there is no cluster.

DO $$
DECLARE
    unfit text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') THEN
        RAISE EXCEPTION 'this server is no cluster: it has no extension citus';
    END IF;
    -- Citus fires triggers of statements on no distributed table. Ours keep access.visits and ops.row_changes.
    SELECT string_agg(DISTINCT tgrelid::regclass::text, ', ') INTO unfit FROM pg_catalog.pg_trigger
    WHERE NOT tgisinternal
        AND tgrelid IN (
            'retail.orders'::regclass, 'retail.order_items'::regclass, 'retail.inventory'::regclass, 'access.visits'::regclass
        );
    IF unfit IS NOT NULL THEN
        RAISE EXCEPTION 'triggers would not fire on %', unfit;
    END IF;
    -- Without it no node but this one would have the signed context, and callers would see nothing.
    IF current_setting('citus.propagate_set_commands', true) IS DISTINCT FROM 'local' THEN
        RAISE EXCEPTION 'citus.propagate_set_commands is not local';
    END IF;
END
$$;

-- On every node whole: what policies ask, what everybody may see, and customers, whose key has no store in it.
SELECT create_reference_table('access.principals');
SELECT create_reference_table('retail.stores');
SELECT create_reference_table('access.store_grants');
SELECT create_reference_table('access.visibility');
SELECT create_reference_table('access.signing_keys');
SELECT create_reference_table('retail.categories');
SELECT create_reference_table('retail.product_types');
SELECT create_reference_table('retail.products');
SELECT create_reference_table('retail.product_description_embeddings');
SELECT create_reference_table('retail.customers');

-- By store, and all rows of a store on one node.
SELECT create_distributed_table('retail.orders', 'store_id');
SELECT create_distributed_table('retail.order_items', 'store_id', colocate_with => 'retail.orders');
SELECT create_distributed_table('retail.inventory', 'store_id', colocate_with => 'retail.orders');
SELECT create_distributed_table('access.visits', 'store_id', colocate_with => 'retail.orders');
