-- Rows of the caller's stores.
ALTER TABLE retail.order_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.order_items FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.order_items FOR SELECT TO zava_app
    USING (
        -- What is seen, how it is found, how much to expect: see orders.sql.
        CASE WHEN (SELECT access.store_mask())[store_id] THEN 1 END IS NOT NULL
        AND (access.sees_all_stores() OR store_id = ANY ((SELECT access.visible_stores())::integer[]))
        AND ((SELECT NULL::boolean) IS NULL OR store_id = ANY (access.visible_stores()))
    );
CREATE POLICY select_backup ON retail.order_items FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.order_items FOR ALL TO zava_owner USING (true) WITH CHECK (true);
