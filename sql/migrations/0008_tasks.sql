-- Calls that go on after their answer (MCP tasks), kept so that no restart loses one and any instance can go on with it.

CREATE TABLE ops.tasks (
    task_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    object_id uuid NOT NULL,
    principal_id uuid NOT NULL GENERATED ALWAYS AS (
        encode(substr(sha256(uuid_send(tenant_id) || uuid_send(object_id)), 1, 16), 'hex')::uuid
    ) STORED,
    client_id text NOT NULL CHECK (length(client_id) <= 200),
    store_scope uuid,
    scopes text[] NOT NULL CHECK (cardinality(scopes) <= 50),
    tool text NOT NULL CHECK (length(tool) <= 100),
    -- json and not jsonb: what comes back is letter for letter what was put in.
    arguments json NOT NULL CHECK (octet_length(arguments::text) <= 2000000),
    store_ids integer[] NOT NULL,
    status text NOT NULL DEFAULT 'working' CHECK (status IN ('working', 'completed', 'failed', 'cancelled')),
    result json CHECK (octet_length(result::text) <= 16000000),
    error json CHECK (octet_length(error::text) <= 10000),
    attempts integer NOT NULL DEFAULT 1,
    lease_owner uuid NOT NULL,
    lease_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    CHECK ((status = 'completed') = (result IS NOT NULL)),
    CHECK ((status = 'failed') = (error IS NOT NULL))
);
COMMENT ON TABLE ops.tasks IS 'Tool calls that became tasks: what was asked, by whom, and the result until it expires.';
COMMENT ON COLUMN ops.tasks.principal_id IS 'As access.principals derives it.';
COMMENT ON COLUMN ops.tasks.store_scope IS 'rls_user_id of the store that the call was narrowed to.';
COMMENT ON COLUMN ops.tasks.scopes IS 'Of the token that the call came with; the token itself is not kept.';
COMMENT ON COLUMN ops.tasks.store_ids IS
    'What the principal saw when the work began. The result is for who still sees all of it.';
COMMENT ON COLUMN ops.tasks.attempts IS 'How many instances have begun the work.';
COMMENT ON COLUMN ops.tasks.lease_owner IS 'The instance that may write the result.';
COMMENT ON COLUMN ops.tasks.lease_until IS 'Renewed while that instance works; behind it, any other may take over.';

-- No index has the lease: renewing it stays in the row's page.
CREATE INDEX tasks_of_principal ON ops.tasks (principal_id);
CREATE INDEX tasks_by_expiry ON ops.tasks (expires_at);
CREATE INDEX tasks_at_work ON ops.tasks (created_at) WHERE status = 'working';
