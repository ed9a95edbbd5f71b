-- The claim in app.rls_context, if its signature and expiry hold; no row otherwise, whatever is wrong with it.
CREATE OR REPLACE FUNCTION access.verified_context()
RETURNS TABLE (principal_id uuid, store_scope uuid)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    context text := current_setting('app.rls_context', true);
    part text[];
    signing_key access.signing_keys;
    mac text;
BEGIN
    -- v1|principal|scope|expiry|kid|mac. Checked as a whole first, so that no cast below can fail.
    IF context IS NULL OR context !~ (
        '^v1\|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
        '\|(\*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})'
        '\|[0-9]{1,12}\|[A-Za-z0-9_-]{1,64}\|[0-9a-f]{64}$'
    ) THEN
        RETURN;
    END IF;
    part := string_to_array(context, '|');
    IF part[4]::bigint <= extract(epoch FROM clock_timestamp()) THEN
        RETURN;
    END IF;
    SELECT * INTO signing_key FROM access.signing_keys WHERE kid = part[5];
    IF NOT FOUND THEN
        RETURN;
    END IF;
    mac := encode(sha256(signing_key.outer_pad || sha256(signing_key.inner_pad
        || convert_to(array_to_string(part[1:5], '|'), 'UTF8'))), 'hex');
    -- Hashed under the key once more, so that the time of the comparison tells nothing about the MAC.
    IF sha256(signing_key.outer_pad || convert_to(mac, 'UTF8'))
        <> sha256(signing_key.outer_pad || convert_to(part[6], 'UTF8')) THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT part[2]::uuid, nullif(part[3], '*')::uuid;
END
$$;

COMMENT ON FUNCTION access.verified_context() IS
    'Principal and store scope of a valid signed context. For the functions of this schema only.';
