-- The stores whose rows the signed context may see; an empty array without a valid one. Never NULL.
CREATE OR REPLACE FUNCTION access.visible_stores()
RETURNS integer[]
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(store.store_id ORDER BY store.store_id), '{}')
    FROM access.verified_context() AS context
    JOIN access.principals AS principal USING (principal_id)
    JOIN retail.stores AS store ON context.store_scope IS NULL OR store.rls_user_id = context.store_scope
    WHERE principal.role = 'super_admin'
        OR EXISTS (
            SELECT FROM access.store_grants AS store_grant
            WHERE store_grant.principal_id = principal.principal_id AND store_grant.store_id = store.store_id
        )
$$;

COMMENT ON FUNCTION access.visible_stores() IS 'Stores that the policies let the current context see.';
