-- Customers of the caller's stores: by primary store, or because they ordered there.
ALTER TABLE retail.customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE retail.customers FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON retail.customers FOR SELECT TO zava_app
    USING (
        CASE WHEN access.customers_by_number() THEN customer_id = ANY ((SELECT access.visible_customers())::integer[])
        ELSE
            -- No index serves a policy by store, so there is no list of stores; what is compared instead costs less than a mask.
            CASE WHEN access.policy_form() IN ('list', 'store')
                THEN primary_store_id = (SELECT (access.verified_caller()).store_ids[1])
                    OR (SELECT access.several_stores_mask())[primary_store_id]
                    OR (SELECT access.visitor_mask())[customer_id]
                ELSE (SELECT (access.verified_caller()).store_mask)[primary_store_id]
                    OR (SELECT access.visitor_mask())[customer_id]
            END
        END
    );
CREATE POLICY select_backup ON retail.customers FOR SELECT TO zava_backup USING (true);
CREATE POLICY all_owner ON retail.customers FOR ALL TO zava_owner USING (true) WITH CHECK (true);
