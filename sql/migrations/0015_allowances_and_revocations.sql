-- What instances share of their callers: how much each may still use of the database, and whose tokens hold no more.

-- UNLOGGED: no row is a full allowance, which is what a crash leaves. Nothing indexes what changes, and a page has room,
-- so that an update stays in its page.
CREATE UNLOGGED TABLE ops.allowances (
    principal_id uuid PRIMARY KEY,
    units double precision NOT NULL,
    filled_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);
COMMENT ON TABLE ops.allowances IS 'What principals may still use, of those who have used any of it lately.';
COMMENT ON COLUMN ops.allowances.units IS 'Statements, or as much work as one, at filled_at; below zero what was used beyond.';

CREATE TABLE access.revocations (
    kind text NOT NULL CHECK (kind IN ('principal', 'client', 'token')),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    issued_before timestamptz CHECK (isfinite(issued_before)),
    revoked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (kind, subject),
    CHECK (kind <> 'principal' OR issued_before IS NOT NULL AND subject ~ '^[0-9a-f-]{36}/[0-9a-f-]{36}$'),
    CHECK (kind <> 'token' OR issued_before IS NULL)
);
COMMENT ON TABLE access.revocations IS 'Tokens that are refused though they are signed and have not expired.';
COMMENT ON COLUMN access.revocations.subject IS 'Tenant and object id with a slash between, the client''s id, or the token''s uti.';
COMMENT ON COLUMN access.revocations.issued_before IS 'Tokens of that second and before are refused; NULL: whenever they were issued.';

CREATE TABLE access.revocation_changes (
    only_row boolean PRIMARY KEY CHECK (only_row),
    version bigint NOT NULL
);
COMMENT ON TABLE access.revocation_changes IS 'One row: how often access.revocations was written (functions/count_revocation.sql).';
INSERT INTO access.revocation_changes VALUES (true, 1);

-- A task goes on without its token, but not if that is revoked. What was begun before this release says neither.
ALTER TABLE ops.tasks
    ADD COLUMN token_id text CHECK (length(token_id) <= 200),
    ADD COLUMN token_issued_at timestamptz;
COMMENT ON COLUMN ops.tasks.token_id IS 'The uti of the token that the call came with: its name, and nothing that opens a door.';
