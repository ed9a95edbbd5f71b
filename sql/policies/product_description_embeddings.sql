-- Catalogue: every caller with a store sees it, nobody else does; and of one model only, for vectors of two models have
-- no distance to each other.
ALTER TABLE retail.product_description_embeddings ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.product_description_embeddings FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.product_description_embeddings FOR SELECT TO zava_app
    USING ((SELECT (access.verified_caller()).store_mask) IS NOT NULL AND model = (SELECT access.served_model()));
CREATE POLICY all_jobs ON retail.product_description_embeddings FOR ALL TO zava_jobs USING (true) WITH CHECK (true);
CREATE POLICY select_backup ON retail.product_description_embeddings FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.product_description_embeddings FOR ALL TO zava_owner USING (true) WITH CHECK (true);
