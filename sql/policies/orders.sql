-- Rows of the caller's stores.
ALTER TABLE retail.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.orders FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.orders FOR SELECT TO zava_app
    USING (
        -- What is seen. Alone it decides. CASE and IS NOT NULL cost nothing either, and the planner expects of them that
        -- most rows pass.
        CASE WHEN (SELECT access.store_mask())[store_id] THEN 1 END IS NOT NULL
        -- How it is found: a condition for the index, worked out once.
        AND (access.sees_all_stores() OR store_id = ANY ((SELECT access.visible_stores())::integer[]))
        -- How much to expect: while planning, PostgreSQL asks a STABLE function for its value and compares that with its
        -- statistics, which it cannot do with a sub-select. When rows are read the left side is true and ends it.
        AND ((SELECT NULL::boolean) IS NULL OR store_id = ANY (access.visible_stores()))
    );
CREATE POLICY select_backup ON retail.orders FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.orders FOR ALL TO zava_owner USING (true) WITH CHECK (true);
