-- A task is its principal's: an id is a name, and opens nothing to others. A result, or what
-- its tool asks, only while all of it may be seen.
ALTER TABLE ops.tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE ops.tasks FORCE ROW LEVEL SECURITY;

CREATE POLICY all_callers ON ops.tasks FOR ALL TO zava_jobs
    USING (
        principal_id = (SELECT (access.verified_caller()).principal_id)
        AND (
            (result IS NULL AND input_requests IS NULL)
            OR store_ids <@ (SELECT (access.verified_caller()).store_ids)
        )
    );
CREATE POLICY all_owner ON ops.tasks FOR ALL TO zava_owner USING (true) WITH CHECK (true);
