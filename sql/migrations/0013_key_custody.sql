-- One run at a time brings signing keys and takes them away.

CREATE TABLE access.key_lease (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    holder uuid NOT NULL,
    held_until timestamptz NOT NULL
);
COMMENT ON TABLE access.key_lease IS 'Which run of rotate_keys is at work; one row, which expires with a run that does not end.';

COMMENT ON TABLE access.signing_keys IS
    'Keys that verify the row-level security context: those that an instance may still sign with, or has signed with.';
