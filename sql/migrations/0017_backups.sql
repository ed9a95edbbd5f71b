-- For backups: what changed, told by triggers that no policy can bend, and the right to be the one run at work.

-- Changes and not one number a table: writers would wait for each other at its row. Whoever reads in a snapshot finds the
-- sum that belongs to the rows of that snapshot, for both are written by the same transaction.
CREATE TABLE ops.row_changes (
    table_name text NOT NULL,
    rows bigint NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    keys jsonb
);
COMMENT ON TABLE ops.row_changes IS
    'How many rows each statement brought to a table that is backed up, and which it touched; the sum is how many there are.';
COMMENT ON COLUMN ops.row_changes.table_name IS 'Schema and table with a point between.';
COMMENT ON COLUMN ops.row_changes.rows IS 'Inserted ones, deleted ones as a negative number, or 0 for an update.';
COMMENT ON COLUMN ops.row_changes.xid IS 'The transaction: a snapshot says of it whether its rows were there by then.';
COMMENT ON COLUMN ops.row_changes.keys IS
    'An array with an object for each row touched, which has the columns of its key. NULL: it might be any row.';

-- No writer between this count and the triggers that go on with it (functions/record_changes.sql).
LOCK TABLE retail.stores, retail.customers, retail.categories, retail.product_types, retail.products,
    retail.product_description_embeddings, retail.inventory, retail.orders, retail.order_items,
    access.principals, access.store_grants, access.revocations,
    ops.audit, ops.audit_chain, ops.field_keys, ops.served_model
    IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO ops.row_changes (table_name, rows)
SELECT 'retail.stores', count(*) FROM retail.stores
UNION ALL SELECT 'retail.customers', count(*) FROM retail.customers
UNION ALL SELECT 'retail.categories', count(*) FROM retail.categories
UNION ALL SELECT 'retail.product_types', count(*) FROM retail.product_types
UNION ALL SELECT 'retail.products', count(*) FROM retail.products
UNION ALL SELECT 'retail.product_description_embeddings', count(*) FROM retail.product_description_embeddings
UNION ALL SELECT 'retail.inventory', count(*) FROM retail.inventory
UNION ALL SELECT 'retail.orders', count(*) FROM retail.orders
UNION ALL SELECT 'retail.order_items', count(*) FROM retail.order_items
UNION ALL SELECT 'access.principals', count(*) FROM access.principals
UNION ALL SELECT 'access.store_grants', count(*) FROM access.store_grants
UNION ALL SELECT 'access.revocations', count(*) FROM access.revocations
UNION ALL SELECT 'ops.audit', count(*) FROM ops.audit
UNION ALL SELECT 'ops.audit_chain', count(*) FROM ops.audit_chain
UNION ALL SELECT 'ops.field_keys', count(*) FROM ops.field_keys
UNION ALL SELECT 'ops.served_model', count(*) FROM ops.served_model;

CREATE TABLE ops.last_backup (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id text NOT NULL,
    snapshot pg_snapshot NOT NULL,
    taken_at timestamptz NOT NULL
);
COMMENT ON TABLE ops.last_backup IS
    'What the next incremental backup builds on; one row, or none where the next has to be full. It belongs to the rows: a '
    'database of an earlier time says what was the last one then.';
COMMENT ON COLUMN ops.last_backup.snapshot IS 'Of the backup: who does not see a transaction by it has it in the next one.';

CREATE TABLE ops.backup_lease (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    holder uuid NOT NULL,
    held_until timestamptz NOT NULL
);
COMMENT ON TABLE ops.backup_lease IS 'Which run of a backup is at work; one row, which expires with a run that does not end.';
