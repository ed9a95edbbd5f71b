-- Gives a task whose worker is gone to another one: its id and whose it is, no more. The worker signs a context for that
-- principal and reads the rest under the policy.
CREATE OR REPLACE FUNCTION ops.take_over_task(worker uuid, lease interval)
RETURNS TABLE (task_id uuid, principal_id uuid, store_scope uuid)
LANGUAGE sql VOLATILE ROWS 1
SECURITY DEFINER -- the policies show each caller's tasks only, and nobody calls for what is abandoned
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE ops.tasks AS task
    SET lease_owner = worker, lease_until = clock_timestamp() + lease, attempts = attempts + 1
    WHERE task.task_id = (
        SELECT abandoned.task_id FROM ops.tasks AS abandoned
        WHERE abandoned.status = 'working' AND abandoned.lease_until < clock_timestamp()
            AND abandoned.expires_at > clock_timestamp()
        ORDER BY abandoned.created_at
        LIMIT 1
        FOR UPDATE SKIP LOCKED -- two instances that look at once take two tasks
    )
    RETURNING task.task_id, task.principal_id, task.store_scope
$$;

COMMENT ON FUNCTION ops.take_over_task(uuid, interval) IS 'Leases the oldest abandoned task to a worker; no row without any.';
