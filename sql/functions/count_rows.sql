-- Counts what statements bring and take. Of the rows themselves as the statement wrote them, so no policy has a say: not the
-- backup's, not the owner's.
CREATE OR REPLACE FUNCTION ops.count_rows()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write rows need not write the count of them
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    written_to text := TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        -- Nobody else has written and not committed: TRUNCATE has waited for them.
        INSERT INTO ops.row_changes (table_name, rows)
        SELECT written_to, -sum(rows) FROM ops.row_changes WHERE table_name = written_to HAVING sum(rows) <> 0;
    ELSE
        INSERT INTO ops.row_changes (table_name, rows)
        SELECT written_to, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END FROM written HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION ops.count_rows() IS 'Trigger of each table under row-level security that is backed up.';

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.stores
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.stores
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.stores
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.customers
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.customers
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.customers
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.categories
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.categories
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.categories
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.product_types
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.product_types
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.product_types
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.products
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.products
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.products
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.product_description_embeddings
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.product_description_embeddings
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.product_description_embeddings
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.inventory
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.inventory
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.inventory
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.orders
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.orders
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.orders
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

CREATE OR REPLACE TRIGGER count_rows_inserted AFTER INSERT ON retail.order_items
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_deleted AFTER DELETE ON retail.order_items
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();
CREATE OR REPLACE TRIGGER count_rows_truncated AFTER TRUNCATE ON retail.order_items
    FOR EACH STATEMENT EXECUTE FUNCTION ops.count_rows();

-- As in refresh_visits.sql.
ALTER TABLE retail.stores
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
ALTER TABLE retail.customers
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
ALTER TABLE retail.categories
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
ALTER TABLE retail.product_types
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
ALTER TABLE retail.products
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
ALTER TABLE retail.product_description_embeddings
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
ALTER TABLE retail.inventory
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
ALTER TABLE retail.orders
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
ALTER TABLE retail.order_items
    ENABLE ALWAYS TRIGGER count_rows_inserted,
    ENABLE ALWAYS TRIGGER count_rows_deleted,
    ENABLE ALWAYS TRIGGER count_rows_truncated;
