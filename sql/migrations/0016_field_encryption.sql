-- E-mail addresses and telephone numbers may be stored encrypted: the keys, and who is shown what they hold.

CREATE TABLE ops.field_keys (
    key_id integer PRIMARY KEY CHECK (key_id BETWEEN 1 AND 999999999),
    wrapped bytea NOT NULL CHECK (octet_length(wrapped) = 60),
    kid text NOT NULL CHECK (kid ~ '^[A-Za-z0-9_-]{1,64}$'),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at timestamptz
);
COMMENT ON TABLE ops.field_keys IS 'Data keys of encrypted columns, each encrypted by a key that only the vault has.';
COMMENT ON COLUMN ops.field_keys.key_id IS 'What an encrypted value names its key by.';
COMMENT ON COLUMN ops.field_keys.wrapped IS 'Nonce, AES-256-GCM ciphertext of the 32 bytes, tag.';
COMMENT ON COLUMN ops.field_keys.kid IS 'Version of the Key Vault secret field-encryption-key that wraps it.';
COMMENT ON COLUMN ops.field_keys.retired_at IS 'When no row used it any more. The row stays, for backups from before.';

ALTER TABLE access.principals ADD COLUMN sees_contacts boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN access.principals.sees_contacts IS
    'Whether encrypted e-mail addresses and telephone numbers of customers whom it sees are shown to this principal.';
