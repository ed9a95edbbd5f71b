-- access.visibility is derived as a whole from principals, grants and stores: rows that a foreign key deleted on its own
-- made two writers wait for each other.
ALTER TABLE access.visibility DROP CONSTRAINT visibility_principal_id_fkey;

CREATE TABLE access.turns (
    only_row boolean PRIMARY KEY CHECK (only_row),
    taken bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE access.turns IS 'One row, written by whoever changes principals, grants or stores (functions/take_turn.sql).';
COMMENT ON COLUMN access.turns.taken IS 'How many statements did.';

-- Another tenant or object id is another principal id, and its grants go with it.
ALTER TABLE access.store_grants
    DROP CONSTRAINT store_grants_principal_id_fkey,
    ADD FOREIGN KEY (principal_id) REFERENCES access.principals ON DELETE CASCADE ON UPDATE CASCADE;
