-- Customers of the caller's stores: by primary store, or because they ordered there.
ALTER TABLE retail.customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.customers FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.customers FOR SELECT TO zava_app
    USING (
        -- Whichever form: no index finds customers, so theirs is the mask (migration 0006).
        access.policy_form() IS NOT NULL
        AND (
            (SELECT (access.verified_caller()).store_mask)[primary_store_id]
            OR (SELECT access.visitor_mask())[customer_id]
        )
    );
CREATE POLICY select_backup ON retail.customers FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.customers FOR ALL TO zava_owner USING (true) WITH CHECK (true);
