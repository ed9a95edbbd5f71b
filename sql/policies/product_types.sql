-- Catalogue: every caller with a store sees it, nobody else does.
ALTER TABLE retail.product_types ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.product_types FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.product_types FOR SELECT TO zava_app
    USING ((SELECT (access.verified_caller()).store_mask) IS NOT NULL);
CREATE POLICY select_jobs ON retail.product_types FOR SELECT TO zava_jobs USING (true);
CREATE POLICY select_backup ON retail.product_types FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.product_types FOR ALL TO zava_owner USING (true) WITH CHECK (true);
