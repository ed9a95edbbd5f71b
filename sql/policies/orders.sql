-- Rows of the caller's stores.
ALTER TABLE retail.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.orders FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.orders FOR SELECT TO zava_app
    USING (
        access.policies_first()
        -- What is seen. Alone it decides.
        AND (SELECT access.store_mask())[store_id]
        -- How it is found: changes no answer. See sees_all_stores.sql and statistics.sql.
        AND (access.sees_all_stores() OR store_id = ANY ((SELECT access.visible_stores())::integer[]))
    );
CREATE POLICY select_backup ON retail.orders FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.orders FOR ALL TO zava_owner USING (true) WITH CHECK (true);
