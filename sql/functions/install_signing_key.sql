-- Lets contexts pass that are signed with this key. One that is there already stays as it is, whoever asks.
CREATE OR REPLACE FUNCTION access.install_signing_key(kid text, inner_pad bytea, outer_pad bytea)
RETURNS void
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER -- who brings keys must not read them
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT count(*) FROM access.signing_keys AS key WHERE key.kid <> $1) >= 100 THEN
        RAISE EXCEPTION 'there are a hundred signing keys already' USING ERRCODE = 'configuration_limit_exceeded';
    END IF;
    INSERT INTO access.signing_keys (kid, inner_pad, outer_pad, created_at)
    VALUES ($1, $2, $3, clock_timestamp())
    ON CONFLICT DO NOTHING;
END
$$;

COMMENT ON FUNCTION access.install_signing_key(text, bytea, bytea) IS 'Adds a key that verifies signed contexts.';
