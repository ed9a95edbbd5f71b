-- Catalogue: every caller with a store sees it, nobody else does.
ALTER TABLE retail.stores ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.stores FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.stores FOR SELECT TO zava_app
    USING ((SELECT (access.verified_caller()).store_mask) IS NOT NULL);
CREATE POLICY select_backup ON retail.stores FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.stores FOR ALL TO zava_owner USING (true) WITH CHECK (true);
