-- Catalogue: every caller with a clinic sees it, nobody else does.
ALTER TABLE care.species ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.species FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON care.species FOR SELECT TO zava_app
    USING ((SELECT (access.verified_caller()).store_mask) IS NOT NULL);
CREATE POLICY all_owner ON care.species FOR ALL TO zava_owner USING (true) WITH CHECK (true);
