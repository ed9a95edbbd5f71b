-- One writer of principals, grants or stores at a time, before it locks anything else: so none waits for one that waits
-- for it, and each derives from what the last one committed (refresh_visibility.sql). A row and no table lock: whoever has
-- a snapshot from before the last turn gets a serialization error.
CREATE OR REPLACE FUNCTION access.take_turn()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write grants need not write access.turns
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO access.turns AS turn (only_row) VALUES (true)
    ON CONFLICT (only_row) DO UPDATE SET taken = turn.taken + 1;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION access.take_turn() IS 'Trigger of access.principals, access.store_grants and retail.stores.';

CREATE OR REPLACE TRIGGER take_turn BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON access.principals
    FOR EACH STATEMENT EXECUTE FUNCTION access.take_turn();
CREATE OR REPLACE TRIGGER take_turn BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON access.store_grants
    FOR EACH STATEMENT EXECUTE FUNCTION access.take_turn();
CREATE OR REPLACE TRIGGER take_turn BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON retail.stores
    FOR EACH STATEMENT EXECUTE FUNCTION access.take_turn();

-- As in refresh_visits.sql.
ALTER TABLE access.principals ENABLE ALWAYS TRIGGER take_turn;
ALTER TABLE access.store_grants ENABLE ALWAYS TRIGGER take_turn;
ALTER TABLE retail.stores ENABLE ALWAYS TRIGGER take_turn;
