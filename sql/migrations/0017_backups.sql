-- For backups: a count of rows that no policy can bend, and the right to be the one run at work.

-- Changes and not one number a table: writers would wait for each other at its row. Whoever reads in a snapshot finds the
-- sum that belongs to the rows of that snapshot, for both are written by the same transaction.
CREATE TABLE ops.row_changes (
    table_name text NOT NULL,
    rows bigint NOT NULL
);
COMMENT ON TABLE ops.row_changes IS
    'How many rows each statement brought to a table under row-level security; the sum is how many there are.';
COMMENT ON COLUMN ops.row_changes.table_name IS 'Schema and table with a point between.';
COMMENT ON COLUMN ops.row_changes.rows IS 'Inserted ones, or deleted ones as a negative number.';

-- No writer between this count and the triggers that go on with it (functions/count_rows.sql).
LOCK TABLE retail.stores, retail.customers, retail.categories, retail.product_types, retail.products,
    retail.product_description_embeddings, retail.inventory, retail.orders, retail.order_items
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
UNION ALL SELECT 'retail.order_items', count(*) FROM retail.order_items;

CREATE TABLE ops.backup_lease (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    holder uuid NOT NULL,
    held_until timestamptz NOT NULL
);
COMMENT ON TABLE ops.backup_lease IS 'Which run of a backup is at work; one row, which expires with a run that does not end.';
