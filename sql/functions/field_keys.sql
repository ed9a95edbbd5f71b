-- The wrapped keys of encrypted values, for a caller who is shown them; nothing for others. What a statement read before
-- its key was retired may be opened half an hour later: no statement runs that long.
CREATE OR REPLACE FUNCTION access.field_keys(key_ids integer[])
RETURNS TABLE (key_id integer, kid text, wrapped bytea)
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read the keys of others, nor any without the right
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT key.key_id, key.kid, key.wrapped
    FROM ops.field_keys AS key
    WHERE key.key_id = ANY (key_ids) AND (SELECT access.sees_contacts())
        AND (key.retired_at IS NULL OR key.retired_at > clock_timestamp() - interval '30 minutes')
$$;

COMMENT ON FUNCTION access.field_keys(integer[]) IS 'Wrapped data keys, for who is shown encrypted contacts.';
