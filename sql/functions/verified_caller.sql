-- What the claim in app.rls_context lets its caller see, if its signature and expiry hold; NULL otherwise, whatever is
-- wrong with it. A valid claim of somebody without grants is no NULL: it sees no store.
CREATE OR REPLACE FUNCTION access.verified_caller()
RETURNS access.visibility
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    context text := current_setting('app.rls_context', true);
    part text[];
    signing_key access.signing_keys;
    mac text;
    caller access.visibility;
BEGIN
    -- v1|principal|scope|expiry|kid|mac
    IF context IS NULL OR length(context) > 256 THEN
        RETURN NULL;
    END IF;
    part := string_to_array(context, '|');
    SELECT * INTO signing_key FROM access.signing_keys WHERE kid = part[5];
    IF NOT FOUND OR cardinality(part) <> 6 OR part[1] <> 'v1' THEN
        RETURN NULL;
    END IF;
    mac := encode(sha256(signing_key.outer_pad || sha256(signing_key.inner_pad
        || convert_to(array_to_string(part[1:5], '|'), 'UTF8'))), 'hex');
    -- Hashed once more, so that the time of the comparison tells nothing about the MAC.
    IF sha256(convert_to(mac, 'UTF8')) <> sha256(convert_to(part[6], 'UTF8')) THEN
        RETURN NULL;
    END IF;
    -- Only now are the parts known to be the signer's, and the casts to hold.
    IF part[4]::bigint <= extract(epoch FROM clock_timestamp()) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO caller FROM access.visibility WHERE principal_id = part[2]::uuid;
    IF NOT FOUND THEN
        caller.principal_id := part[2];
        caller.store_ids := '{}';
        caller.sees_all := false;
    ELSIF part[3] <> '*' THEN
        caller.store_ids := ARRAY(
            SELECT store_id FROM retail.stores
            WHERE rls_user_id = part[3]::uuid AND store_id = ANY (caller.store_ids)
        );
        caller.store_mask := access.mask_of(caller.store_ids);
        caller.sees_all := false;
    END IF;
    RETURN caller;
END
$$;

COMMENT ON FUNCTION access.verified_caller() IS
    'Principal and visible stores of a valid signed context. For the functions of this schema only.';
