-- Ends all keys but those named. A key of the last quarter of an hour stays: whoever made the list may not know it yet.
CREATE OR REPLACE FUNCTION access.retire_signing_keys(kept text[])
RETURNS integer
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER -- who takes keys away must not read them
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    retired integer;
BEGIN
    IF NOT EXISTS (SELECT FROM access.signing_keys WHERE kid = ANY (kept)) THEN
        RAISE EXCEPTION 'no key would be left' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    DELETE FROM access.signing_keys
    WHERE kid <> ALL (kept) AND created_at < clock_timestamp() - interval '15 minutes';
    GET DIAGNOSTICS retired = ROW_COUNT;
    RETURN retired;
END
$$;

COMMENT ON FUNCTION access.retire_signing_keys(text[]) IS 'Ends older keys that are not named; says how many.';
