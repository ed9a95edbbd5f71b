-- Rows of the caller's stores.
ALTER TABLE retail.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.orders FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.orders FOR SELECT TO zava_app
    USING (
        CASE access.policy_form()
            WHEN 'list' THEN store_id = ANY ((SELECT (access.verified_caller()).store_ids)::integer[])
            WHEN 'store' THEN store_id = (SELECT access.only_store())
            WHEN 'mask' THEN (SELECT (access.verified_caller()).store_mask)[store_id]
            ELSE (SELECT (access.verified_caller()).store_mask)[store_id]
                AND store_id = ANY ((SELECT (access.verified_caller()).store_ids)::integer[])
        END
    );
CREATE POLICY select_backup ON retail.orders FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.orders FOR ALL TO zava_owner USING (true) WITH CHECK (true);
