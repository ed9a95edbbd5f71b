-- Each under the signed context of the task's principal but for take_over; the policy of ops.tasks does the rest.

-- name: visible_stores
SELECT (access.verified_caller()).store_ids;

-- name: forget_expired
SELECT ops.forget_expired_tasks();

-- name: create
-- No row without a valid context, or where the principal has as many tasks as it may.
INSERT INTO ops.tasks (
    tenant_id, object_id, client_id, store_scope, scopes, tool, arguments, store_ids, lease_owner, lease_until, expires_at
)
SELECT
    %(tenant_id)s, %(object_id)s, %(client_id)s, %(store_scope)s, %(scopes)s, %(tool)s, %(arguments)s, %(store_ids)s,
    %(worker)s, clock_timestamp() + %(lease)s, clock_timestamp() + %(ttl)s
FROM access.verified_caller() AS caller
WHERE caller.principal_id IS NOT NULL
    AND (SELECT count(*) FROM ops.tasks WHERE status = 'working') < %(most_working)s
    AND (SELECT count(*) FROM ops.tasks WHERE expires_at > clock_timestamp()) < %(most_kept)s
RETURNING *, false AS abandoned;

-- name: find
SELECT *, status = 'working' AND lease_until < clock_timestamp() AS abandoned
FROM ops.tasks
WHERE task_id = %(task_id)s AND expires_at > clock_timestamp();

-- name: take_over
SELECT task_id, principal_id, store_scope FROM ops.take_over_task(%(worker)s, %(lease)s);

-- name: begin
-- What was taken over is run again, and shows what its principal sees now.
UPDATE ops.tasks SET store_ids = (SELECT (access.verified_caller()).store_ids)
WHERE task_id = %(task_id)s AND lease_owner = %(worker)s AND status = 'working'
RETURNING *, false AS abandoned;

-- name: renew
-- No row where the task is cancelled, or another instance's by now.
UPDATE ops.tasks SET lease_until = clock_timestamp() + %(lease)s
WHERE task_id = %(task_id)s AND lease_owner = %(worker)s AND status = 'working'
RETURNING task_id;

-- name: finish
-- Where the principal lost a store meanwhile, nothing is written: the lease ends, and what is run again sees the rest.
UPDATE ops.tasks SET status = %(status)s, result = %(result)s, error = %(error)s, updated_at = clock_timestamp()
WHERE task_id = %(task_id)s AND lease_owner = %(worker)s AND status = 'working'
    AND store_ids <@ (SELECT (access.verified_caller()).store_ids)
RETURNING task_id;

-- name: cancel
UPDATE ops.tasks SET status = 'cancelled', updated_at = clock_timestamp()
WHERE task_id = %(task_id)s AND status = 'working'
RETURNING task_id;
