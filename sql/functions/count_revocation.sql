-- Whoever writes the list, and be it by hand, has all instances read it anew. One writer at a time: the number is a row's.
CREATE OR REPLACE FUNCTION access.count_revocation()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write revocations need not write the number
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO access.revocation_changes AS change (only_row, version) VALUES (true, 1)
    ON CONFLICT (only_row) DO UPDATE SET version = change.version + 1;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION access.count_revocation() IS 'Trigger of access.revocations.';

CREATE OR REPLACE TRIGGER count_revocation BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON access.revocations
    FOR EACH STATEMENT EXECUTE FUNCTION access.count_revocation();

-- As in refresh_visits.sql.
ALTER TABLE access.revocations ENABLE ALWAYS TRIGGER count_revocation;
