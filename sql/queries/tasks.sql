-- Each under the signed context of the task's principal but for take_over; the policy of ops.tasks does the rest.

-- name: visible_stores
SELECT (access.verified_caller()).store_ids;

-- name: forget_expired
SELECT ops.forget_expired_tasks();

-- name: create
-- No row without a valid context, or where the principal has as many tasks as it may.
INSERT INTO ops.tasks (
    tenant_id, object_id, client_id, store_scope, scopes, tool, arguments, input_responses, request_state, store_ids,
    lease_owner, lease_until, expires_at, token_id, token_issued_at
)
SELECT
    %(tenant_id)s, %(object_id)s, %(client_id)s, %(store_scope)s, %(scopes)s, %(tool)s, %(arguments)s,
    %(input_responses)s, %(request_state)s, %(store_ids)s,
    %(worker)s, clock_timestamp() + %(lease)s, clock_timestamp() + %(ttl)s,
    %(token_id)s, to_timestamp(%(token_issued_at)s)
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
SELECT task_id, principal_id, store_scope FROM ops.take_over_task(%(worker)s, %(lease)s, %(most_working)s);

-- name: begin
-- What was taken over shows what its principal sees now. Where that is less than before, it has neither the answers nor
-- what the tool noted, which may tell of the rest: the tool begins anew, and asks anew.
UPDATE ops.tasks AS task SET
    store_ids = caller.store_ids,
    input_responses = CASE WHEN task.store_ids <@ caller.store_ids THEN input_responses END,
    request_state = CASE WHEN task.store_ids <@ caller.store_ids THEN request_state END
FROM access.verified_caller() AS caller
WHERE task_id = %(task_id)s AND lease_owner = %(worker)s AND status = 'working'
RETURNING task.*, false AS abandoned;

-- name: renew
-- No row where the task is cancelled, or another instance's by now.
UPDATE ops.tasks SET lease_until = clock_timestamp() + %(lease)s
WHERE task_id = %(task_id)s AND lease_owner = %(worker)s AND status = 'working'
RETURNING task_id;

-- name: release
-- To whoever looks next.
UPDATE ops.tasks SET lease_until = clock_timestamp()
WHERE task_id = %(task_id)s AND lease_owner = %(worker)s AND status = 'working';

-- name: ask
-- The lease is worth nothing then: whoever the last answer comes to sees to it that the work goes on. No row as in finish.
UPDATE ops.tasks SET
    status = 'input_required', rounds = rounds + 1, input_requests = %(requests)s, input_responses = NULL,
    request_state = %(state)s, updated_at = clock_timestamp()
WHERE task_id = %(task_id)s AND lease_owner = %(worker)s AND status = 'working'
    AND store_ids <@ (SELECT (access.verified_caller()).store_ids)
RETURNING task_id;

-- name: answer
-- No row where others were answered meanwhile. After the last answer the task is anybody's to take over.
UPDATE ops.tasks SET
    input_requests = %(requests)s::json, input_responses = %(responses)s,
    status = CASE WHEN %(requests)s::json IS NULL THEN 'working' ELSE status END,
    lease_until = clock_timestamp(), updated_at = clock_timestamp()
WHERE task_id = %(task_id)s AND status = 'input_required' AND rounds = %(round)s AND input_requests::text = %(asked)s
RETURNING task_id;

-- name: finish
-- Where the principal lost a store meanwhile, nothing is written: the lease ends, and what is run again sees the rest.
UPDATE ops.tasks SET
    status = %(status)s, result = %(result)s, error = %(error)s, input_responses = NULL, request_state = NULL,
    updated_at = clock_timestamp()
WHERE task_id = %(task_id)s AND lease_owner = %(worker)s AND status = 'working'
    AND store_ids <@ (SELECT (access.verified_caller()).store_ids)
RETURNING task_id;

-- name: cancel
UPDATE ops.tasks SET
    status = 'cancelled', input_requests = NULL, input_responses = NULL, request_state = NULL,
    updated_at = clock_timestamp()
WHERE task_id = %(task_id)s AND status IN ('working', 'input_required')
RETURNING task_id;
