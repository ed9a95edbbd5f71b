-- Whether access.visibility says anything else than principals, grants and stores do. For the proof: one bit, false as
-- long as the triggers work. Derived in another way than in refresh_visibility.sql, so that no mistake is in both, and
-- in one statement, which sees what writers have committed and nothing between.
CREATE OR REPLACE FUNCTION access.visibility_is_stale()
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read principals, grants or what others see
SET search_path = pg_catalog, pg_temp
AS $$
    WITH every AS (
        SELECT coalesce(array_agg(store_id ORDER BY store_id), '{}') AS store_ids FROM retail.stores
    ),
    granted AS (
        SELECT principal_id, array_agg(store_id ORDER BY store_id) AS store_ids
        FROM access.store_grants
        JOIN retail.stores USING (store_id)
        GROUP BY principal_id
    ),
    derived AS (
        SELECT principal.principal_id, seen.store_ids, seen.store_ids = every.store_ids AS sees_all
        FROM access.principals AS principal
        CROSS JOIN every
        LEFT JOIN granted USING (principal_id)
        CROSS JOIN LATERAL (
            SELECT CASE role WHEN 'super_admin' THEN every.store_ids ELSE coalesce(granted.store_ids, '{}') END
        ) AS seen (store_ids)
    )
    SELECT EXISTS (
        SELECT FROM derived
        FULL JOIN access.visibility AS known USING (principal_id)
        WHERE (known.store_ids, known.sees_all) IS DISTINCT FROM (derived.store_ids, derived.sees_all)
            OR coalesce(array_positions(known.store_mask, true), '{}') <> derived.store_ids
    )
$$;

COMMENT ON FUNCTION access.visibility_is_stale() IS 'Whether access.visibility has left its sources. For the proof.';
