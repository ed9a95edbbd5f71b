-- name: append
SELECT last_sequence, last_hash FROM ops.append_audit(%s);

-- name: chain
SELECT last_sequence, last_hash, forgotten_sequence, forgotten_hash FROM ops.audit_chain;

-- name: rows
SELECT
    previous_hash, hash,
    sequence, appended_at, instance_id, number, began_at, tenant_id, object_id, client_id, store_scope, store_ids,
    method, name, task_id, arguments_mac, outcome, calls, rows, bytes, trace_id
FROM ops.audit ORDER BY sequence;

-- name: whose_place
-- Of a row that does not follow the one before it: whether the row that should stand here stands elsewhere, and whether the
-- row that this one follows is there.
SELECT
    EXISTS (SELECT FROM ops.audit WHERE previous_hash = %(last)s AND sequence <> %(sequence)s),
    EXISTS (SELECT FROM ops.audit WHERE hash = %(previous)s AND sequence <> %(sequence)s);

-- name: forgotten
-- Whether the trail itself says that it was forgotten up to there.
SELECT EXISTS (SELECT FROM ops.audit WHERE method = 'audit/forget' AND name = %s);
