-- Rows of the caller's stores.
ALTER TABLE retail.inventory ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.inventory FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.inventory FOR SELECT TO zava_app
    USING ((SELECT access.store_mask())[store_id]);
CREATE POLICY select_backup ON retail.inventory FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.inventory FOR ALL TO zava_owner USING (true) WITH CHECK (true);
