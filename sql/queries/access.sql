-- name: describe_access
-- One row a visible store; one row without a store for a principal that has none; no row for a stranger.
SELECT
    caller.display_name, caller.role, access.sees_contacts() AS sees_contacts,
    store.store_id, store.store_name, store.rls_user_id, store.is_online
FROM access.describe_caller() AS caller
LEFT JOIN retail.stores AS store ON store.store_id = ANY (caller.store_ids)
ORDER BY store.store_id;

-- name: visible_stores
SELECT (access.verified_caller()).store_ids;

-- name: role
-- No row for a stranger.
SELECT role FROM access.describe_caller();
