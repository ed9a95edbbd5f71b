-- Keeps access.visibility true to principals, grants and stores. All of it at each change: changes are rare, and what
-- is derived as a whole has no forgotten case. One writer at a time (take_turn.sql).
CREATE OR REPLACE FUNCTION access.refresh_visibility()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write grants need not write access.visibility
SET search_path = pg_catalog, pg_temp
SET row_security = on -- off, as a restore sets it, makes an error of each read under a policy
AS $$
BEGIN
    MERGE INTO access.visibility AS known
    USING (
        SELECT principal_id, store_ids, access.mask_of(store_ids) AS store_mask,
            cardinality(store_ids) = (SELECT count(*) FROM retail.stores) AS sees_all
        FROM access.principals AS principal
        CROSS JOIN LATERAL (
            SELECT ARRAY(
                SELECT store.store_id FROM retail.stores AS store
                WHERE principal.role = 'super_admin' OR EXISTS (
                    SELECT FROM access.store_grants AS store_grant
                    WHERE store_grant.principal_id = principal.principal_id AND store_grant.store_id = store.store_id
                )
                ORDER BY store.store_id
            ) AS store_ids
        ) AS visible
    ) AS derived
    ON known.principal_id = derived.principal_id
    WHEN MATCHED AND (known.store_ids, known.store_mask, known.sees_all)
        IS DISTINCT FROM (derived.store_ids, derived.store_mask, derived.sees_all) THEN
        UPDATE SET store_ids = derived.store_ids, store_mask = derived.store_mask, sees_all = derived.sees_all
    WHEN NOT MATCHED THEN
        INSERT (principal_id, store_ids, store_mask, sees_all)
        VALUES (derived.principal_id, derived.store_ids, derived.store_mask, derived.sees_all)
    WHEN NOT MATCHED BY SOURCE THEN DELETE;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION access.refresh_visibility() IS 'Trigger of access.principals, access.store_grants and retail.stores.';

CREATE OR REPLACE TRIGGER refresh_visibility AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON access.principals
    FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visibility();
CREATE OR REPLACE TRIGGER refresh_visibility AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON access.store_grants
    FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visibility();
CREATE OR REPLACE TRIGGER refresh_visibility AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON retail.stores
    FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visibility();

-- As in refresh_visits.sql.
ALTER TABLE access.principals ENABLE ALWAYS TRIGGER refresh_visibility;
ALTER TABLE access.store_grants ENABLE ALWAYS TRIGGER refresh_visibility;
ALTER TABLE retail.stores ENABLE ALWAYS TRIGGER refresh_visibility;

-- For what was there before the triggers were.
UPDATE retail.stores SET store_id = store_id WHERE false;
