-- Deletes some of the tasks whose time is up, whoever they belong to: most clients do not come back for a second look.
CREATE OR REPLACE FUNCTION ops.forget_expired_tasks()
RETURNS void
LANGUAGE sql VOLATILE
SECURITY DEFINER -- the policies show each caller's tasks only, and no login may delete
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM ops.tasks
    WHERE task_id IN (
        SELECT task_id FROM ops.tasks WHERE expires_at < clock_timestamp() LIMIT 100 FOR UPDATE SKIP LOCKED
    )
$$;

COMMENT ON FUNCTION ops.forget_expired_tasks() IS 'Deletes up to 100 tasks that have expired.';
