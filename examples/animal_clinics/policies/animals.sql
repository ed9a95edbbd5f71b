-- Rows of the caller's clinics.
ALTER TABLE care.animals ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.animals FORCE ROW LEVEL SECURITY;

CREATE POLICY select_callers ON care.animals FOR SELECT TO zava_app
    USING (
        CASE access.policy_form()
            WHEN 'list' THEN clinic_id = ANY ((SELECT (access.verified_caller()).store_ids)::integer[])
            WHEN 'store' THEN clinic_id = (SELECT access.only_store())
            WHEN 'mask' THEN (SELECT (access.verified_caller()).store_mask)[clinic_id]
            ELSE (SELECT (access.verified_caller()).store_mask)[clinic_id]
                AND clinic_id = ANY ((SELECT (access.verified_caller()).store_ids)::integer[])
        END
    );
CREATE POLICY all_owner ON care.animals FOR ALL TO zava_owner USING (true) WITH CHECK (true);
