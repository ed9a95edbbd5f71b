-- What the claim in app.rls_context lets its caller see, if its signature and expiry hold; NULL otherwise, whatever is
-- wrong with it. A valid claim of somebody without grants is no NULL: it sees no store.
CREATE OR REPLACE FUNCTION access.verified_caller()
RETURNS access.visibility
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER -- callers must not read keys, principals or grants
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- v1|principal|scope|expiry|kid|mac, or v1-plain or v1-single, which policy_form looks at.
    context text := current_setting('app.rls_context', true);
    part text[] := string_to_array(context, '|');
    caller access.visibility;
BEGIN
    PERFORM FROM access.signing_keys
    WHERE kid = part[5] AND cardinality(part) = 6 AND part[1] IN ('v1', 'v1-plain', 'v1-single') AND length(context) <= 256
        -- Both hashed once more, so that the time of the comparison tells nothing about the MAC.
        AND sha256(convert_to(part[6], 'UTF8')) = sha256(convert_to(
            encode(sha256(outer_pad || sha256(inner_pad || convert_to(left(context, -65), 'UTF8'))), 'hex'), 'UTF8'
        ));
    IF NOT FOUND THEN
        RETURN NULL;
    -- Only now are the parts known to be the signer's, and the casts to hold.
    ELSIF part[4]::double precision <= date_part('epoch', clock_timestamp()) THEN
        RETURN NULL;
    END IF;
    SELECT principal_id, store_ids,
        -- A copy: a long mask is stored compressed, and would be unpacked for each row.
        trim_array(store_mask, 0), sees_all
    INTO caller
    FROM access.visibility WHERE principal_id = part[2]::uuid;
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

COMMENT ON FUNCTION access.verified_caller() IS 'Principal and visible stores of a valid signed context; NULL without one.';
