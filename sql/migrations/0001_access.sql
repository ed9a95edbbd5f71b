-- Who may see which stores, and the keys that sign the claim of it.

CREATE SCHEMA access;
COMMENT ON SCHEMA access IS 'Principals, grants and signing keys. Nobody but the owner reads its tables.';

-- Text rather than an enum type: a check is altered in one statement and needs no type privileges.
CREATE TABLE access.principals (
    principal_id uuid GENERATED ALWAYS AS (
        -- The application derives the same from a validated token, so that a call needs no look-up.
        encode(substr(sha256(uuid_send(tenant_id) || uuid_send(object_id)), 1, 16), 'hex')::uuid
    ) STORED PRIMARY KEY,
    tenant_id uuid NOT NULL,
    object_id uuid NOT NULL,
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 200),
    role text NOT NULL CHECK (role IN ('store_manager', 'regional_manager', 'super_admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, object_id)
);
COMMENT ON TABLE access.principals IS 'Those who may call: one Microsoft Entra object (tenant and object id) each.';
COMMENT ON COLUMN access.principals.principal_id IS 'First 16 bytes of SHA-256 over tenant id and object id.';
COMMENT ON COLUMN access.principals.role IS 'store_manager: one store; regional_manager: several; super_admin: all.';

CREATE TABLE access.store_grants (
    principal_id uuid NOT NULL REFERENCES access.principals ON DELETE CASCADE,
    store_id integer NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal_id, store_id)
);
COMMENT ON TABLE access.store_grants IS 'Stores a principal may see. A super_admin needs no rows here.';

CREATE TABLE access.signing_keys (
    kid text PRIMARY KEY CHECK (kid ~ '^[A-Za-z0-9_-]{1,64}$'),
    inner_pad bytea NOT NULL CHECK (octet_length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (octet_length(outer_pad) = 64),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE access.signing_keys IS
    'Keys that verify the row-level security context: the current one and, during rotation, the one before.';
COMMENT ON COLUMN access.signing_keys.kid IS 'Version of the Key Vault secret rls-signing-key.';
COMMENT ON COLUMN access.signing_keys.inner_pad IS
    'Key xor 0x36…, and outer_pad key xor 0x5c…: HMAC from core sha256(), for pgcrypto is not everywhere.';
