-- Rows of the caller's stores.
ALTER TABLE retail.order_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.order_items FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.order_items FOR SELECT TO zava_app
    USING (
        access.policies_first()
        -- What is seen, and how it is found: see orders.sql.
        AND (SELECT access.store_mask())[store_id]
        AND (access.sees_all_stores() OR store_id = ANY ((SELECT access.visible_stores())::integer[]))
    );
CREATE POLICY select_backup ON retail.order_items FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.order_items FOR ALL TO zava_owner USING (true) WITH CHECK (true);
