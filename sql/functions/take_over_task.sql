-- Gives a task that nobody works on, because its worker is gone or because it was answered, to a worker: its id and whose
-- it is, no more. The worker signs a context for that principal and reads the rest under the policy.
CREATE OR REPLACE FUNCTION ops.take_over_task(worker uuid, lease interval, most_working integer)
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
            -- Who answers many tasks at once has the others wait.
            AND most_working > (
                SELECT count(*) FROM ops.tasks AS leased
                WHERE leased.principal_id = abandoned.principal_id AND leased.status = 'working'
                    AND leased.lease_until >= clock_timestamp()
            )
        ORDER BY abandoned.created_at
        LIMIT 1
        FOR UPDATE OF abandoned SKIP LOCKED -- two instances that look at once take two tasks
    )
    RETURNING task.task_id, task.principal_id, task.store_scope
$$;

COMMENT ON FUNCTION ops.take_over_task(uuid, interval, integer) IS
    'Leases the oldest abandoned task to a worker; no row without any of a principal with fewer than most_working leased.';
