-- What the command revoke-tokens writes and reads, as zava_owner. The trigger of the table tells the instances.

-- name: revoke
-- An entry that is there only ever grows.
INSERT INTO access.revocations AS entry (kind, subject, issued_before)
VALUES (
    %(kind)s, %(subject)s,
    CASE %(kind)s WHEN 'principal' THEN coalesce(%(before)s::timestamptz, clock_timestamp()) ELSE %(before)s::timestamptz END
)
ON CONFLICT (kind, subject) DO UPDATE SET
    issued_before = CASE
        WHEN entry.issued_before IS NOT NULL AND excluded.issued_before IS NOT NULL
        THEN greatest(entry.issued_before, excluded.issued_before)
    END,
    revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by
RETURNING kind, subject, issued_before, revoked_at, revoked_by;

-- name: lift
DELETE FROM access.revocations WHERE kind = %(kind)s AND subject = %(subject)s
RETURNING kind, subject, issued_before, revoked_at, revoked_by;

-- name: forget
-- What no living token can match: none lives longer (MAX_LIFE_SECONDS). A client without a time stays until it is lifted.
DELETE FROM access.revocations
WHERE coalesce(issued_before, CASE kind WHEN 'token' THEN revoked_at END) < clock_timestamp() - interval '49 hours';

-- name: count
SELECT count(*) FROM access.revocations;

-- name: list
SELECT kind, subject, issued_before, revoked_at, revoked_by FROM access.revocations ORDER BY revoked_at, kind, subject;
