-- Counts what statements bring and take, and says which rows they touched. Of the rows themselves as the statement wrote
-- them, so no policy has a say: not the backup's, not the owner's.
--
-- Its argument: the columns of a key, as SQL lists them. All are NOT NULL, unique together and stored in backups.
CREATE OR REPLACE FUNCTION ops.record_changes()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write rows need not write what is said of them
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    written_to text := TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME;
    touched bigint;
    keys jsonb;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        -- Nobody else has written and not committed: TRUNCATE has waited for them.
        INSERT INTO ops.row_changes (table_name, rows)
        SELECT written_to, -sum(rows) FROM ops.row_changes WHERE table_name = written_to HAVING sum(rows) <> 0;
        RETURN NULL;
    END IF;
    SELECT count(*) INTO touched FROM written;
    IF touched = 0 THEN
        RETURN NULL;
    END IF;
    -- No keys where they are too many for one value, or where no backup will ask for them: the next one then takes the
    -- whole table, or all.
    IF touched <= 100000 AND EXISTS (
        SELECT FROM ops.last_backup WHERE taken_at > statement_timestamp() - interval '8 days'
    ) THEN
        -- By way of JSON a row has columns by name, so one text does for all tables, and each session plans it once.
        IF TG_OP = 'UPDATE' THEN
            SELECT jsonb_agg(
                CASE TG_NARGS
                    WHEN 1 THEN jsonb_build_object(TG_ARGV[0], image -> TG_ARGV[0])
                    ELSE jsonb_build_object(TG_ARGV[0], image -> TG_ARGV[0], TG_ARGV[1], image -> TG_ARGV[1])
                END
            ) INTO keys
            FROM (
                SELECT to_jsonb(before) AS image FROM before UNION ALL SELECT to_jsonb(written) FROM written OFFSET 0
            ) AS row;
        ELSE
            SELECT jsonb_agg(
                CASE TG_NARGS
                    WHEN 1 THEN jsonb_build_object(TG_ARGV[0], image -> TG_ARGV[0])
                    ELSE jsonb_build_object(TG_ARGV[0], image -> TG_ARGV[0], TG_ARGV[1], image -> TG_ARGV[1])
                END
            ) INTO keys
            FROM (SELECT to_jsonb(written) AS image FROM written OFFSET 0) AS row;
        END IF;
    END IF;
    INSERT INTO ops.row_changes (table_name, rows, keys)
    VALUES (written_to, CASE TG_OP WHEN 'INSERT' THEN touched WHEN 'DELETE' THEN -touched ELSE 0 END, keys);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION ops.record_changes() IS 'Trigger of each table that is backed up.';

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.stores
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.stores
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.stores
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.stores
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.customers
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('customer_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.customers
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('customer_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.customers
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('customer_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.customers
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('customer_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.categories
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('category_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.categories
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('category_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.categories
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('category_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.categories
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('category_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.product_types
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('type_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.product_types
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('type_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.product_types
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('type_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.product_types
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('type_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.products
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('product_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.products
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('product_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.products
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('product_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.products
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('product_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.product_description_embeddings
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('product_id', 'model');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.product_description_embeddings
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('product_id', 'model');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.product_description_embeddings
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('product_id', 'model');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.product_description_embeddings
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('product_id', 'model');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.inventory
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'product_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.inventory
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'product_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.inventory
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'product_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.inventory
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'product_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.orders
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'order_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.orders
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'order_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.orders
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'order_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.orders
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'order_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON retail.order_items
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'order_item_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON retail.order_items
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'order_item_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON retail.order_items
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'order_item_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON retail.order_items
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('store_id', 'order_item_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON access.principals
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('tenant_id', 'object_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON access.principals
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('tenant_id', 'object_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON access.principals
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('tenant_id', 'object_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON access.principals
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('tenant_id', 'object_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON access.store_grants
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('principal_id', 'store_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON access.store_grants
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('principal_id', 'store_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON access.store_grants
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('principal_id', 'store_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON access.store_grants
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('principal_id', 'store_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON access.revocations
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('kind', 'subject');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON access.revocations
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('kind', 'subject');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON access.revocations
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('kind', 'subject');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON access.revocations
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('kind', 'subject');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON ops.audit
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('sequence');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON ops.audit
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('sequence');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON ops.audit
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('sequence');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON ops.audit
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('sequence');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON ops.audit_chain
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('only_row');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON ops.audit_chain
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('only_row');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON ops.audit_chain
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('only_row');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON ops.audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('only_row');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON ops.field_keys
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('key_id');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON ops.field_keys
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('key_id');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON ops.field_keys
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('key_id');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON ops.field_keys
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('key_id');

CREATE OR REPLACE TRIGGER record_changes_inserted AFTER INSERT ON ops.served_model
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('only_row');
CREATE OR REPLACE TRIGGER record_changes_updated AFTER UPDATE ON ops.served_model
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('only_row');
CREATE OR REPLACE TRIGGER record_changes_deleted AFTER DELETE ON ops.served_model
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('only_row');
CREATE OR REPLACE TRIGGER record_changes_truncated AFTER TRUNCATE ON ops.served_model
    FOR EACH STATEMENT EXECUTE FUNCTION ops.record_changes('only_row');

-- As in refresh_visits.sql.
ALTER TABLE retail.stores
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE retail.customers
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE retail.categories
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE retail.product_types
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE retail.products
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE retail.product_description_embeddings
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE retail.inventory
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE retail.orders
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE retail.order_items
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE access.principals
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE access.store_grants
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE access.revocations
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE ops.audit
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE ops.audit_chain
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE ops.field_keys
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
ALTER TABLE ops.served_model
    ENABLE ALWAYS TRIGGER record_changes_inserted,
    ENABLE ALWAYS TRIGGER record_changes_updated,
    ENABLE ALWAYS TRIGGER record_changes_deleted,
    ENABLE ALWAYS TRIGGER record_changes_truncated;
