-- Who asked for what, one row a call, in an order that cannot be changed without a trace: each row carries the hash of the
-- one before it. Rows come in by ops.append_audit() only and go by ops.forget_audit() only.

CREATE TABLE ops.audit (
    sequence bigint PRIMARY KEY,
    appended_at timestamptz NOT NULL,
    instance_id uuid NOT NULL,
    number bigint NOT NULL,
    began_at timestamptz NOT NULL,
    tenant_id uuid,
    object_id uuid,
    client_id text CHECK (length(client_id) <= 200),
    store_scope uuid,
    store_ids integer[],
    method text CHECK (length(method) <= 100),
    name text CHECK (length(name) <= 200),
    task_id uuid,
    arguments_mac bytea CHECK (octet_length(arguments_mac) = 32),
    outcome text NOT NULL CHECK (length(outcome) <= 100),
    calls integer NOT NULL CHECK (calls > 0),
    rows bigint NOT NULL CHECK (rows >= 0),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    trace_id text CHECK (trace_id ~ '^[0-9a-f]{32}$'),
    previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    UNIQUE (instance_id, number),
    CHECK ((tenant_id IS NULL) = (object_id IS NULL) AND (tenant_id IS NULL) = (store_ids IS NULL))
);
COMMENT ON TABLE ops.audit IS 'The audit trail: calls of the MCP endpoint, without what was asked and answered.';
COMMENT ON COLUMN ops.audit.sequence IS 'Without gaps, from 1, in the order of appending.';
COMMENT ON COLUMN ops.audit.instance_id IS 'Of the process that answered; it counts its records in number, without gaps.';
COMMENT ON COLUMN ops.audit.tenant_id IS 'With object_id, whose token it was; neither where nobody was authenticated.';
COMMENT ON COLUMN ops.audit.client_id IS 'Of the token. Of a forgotten beginning the login that did it.';
COMMENT ON COLUMN ops.audit.store_scope IS 'rls_user_id of the store that the call was narrowed to.';
COMMENT ON COLUMN ops.audit.store_ids IS 'What the principal, so narrowed, could see when the row was appended.';
COMMENT ON COLUMN ops.audit.name IS 'Of the tool, prompt or resource; no text of the caller''s.';
COMMENT ON COLUMN ops.audit.task_id IS 'The task that the call became, or asked for.';
COMMENT ON COLUMN ops.audit.arguments_mac IS
    'HMAC-SHA256 of the arguments with a key that the instance forgets: equal for equal calls to one instance.';
COMMENT ON COLUMN ops.audit.outcome IS 'OK, the code of a refusal, or HTTP_ and a status.';
COMMENT ON COLUMN ops.audit.calls IS 'More than one where requests without an identity were only counted.';
COMMENT ON COLUMN ops.audit.hash IS 'SHA-256 of previous_hash and of the row, as ops.append_audit() puts it.';

CREATE TABLE ops.audit_chain (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last_sequence bigint NOT NULL,
    last_hash bytea NOT NULL CHECK (octet_length(last_hash) = 32),
    forgotten_sequence bigint NOT NULL,
    forgotten_hash bytea NOT NULL CHECK (octet_length(forgotten_hash) = 32)
);
COMMENT ON TABLE ops.audit_chain IS 'Where the chain of ops.audit begins and ends. Whoever appends locks this row first.';
COMMENT ON COLUMN ops.audit_chain.forgotten_sequence IS 'The last row that ops.forget_audit() deleted; 0 before that.';
INSERT INTO ops.audit_chain (last_sequence, last_hash, forgotten_sequence, forgotten_hash)
VALUES (0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'));
