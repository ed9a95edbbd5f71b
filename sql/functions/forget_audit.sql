-- Deletes the beginning of the audit trail, all rows appended before a moment, and says so in the trail itself: the rest
-- is verified from the last row that is gone, whose number and hash the new row has as its name.
CREATE OR REPLACE FUNCTION ops.forget_audit(before timestamp with time zone)
RETURNS ops.audit_chain
LANGUAGE plpgsql VOLATILE -- and with the rights of who calls it: the owner alone may delete
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chain ops.audit_chain;
    last_row ops.audit;
BEGIN
    SELECT * INTO STRICT chain FROM ops.audit_chain FOR UPDATE;
    SELECT * INTO last_row FROM ops.audit
    WHERE sequence < coalesce(
        (SELECT kept.sequence FROM ops.audit AS kept WHERE kept.appended_at >= before ORDER BY kept.sequence LIMIT 1),
        chain.last_sequence + 1
    )
    ORDER BY sequence DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN chain;
    END IF;
    DELETE FROM ops.audit WHERE sequence <= last_row.sequence;
    UPDATE ops.audit_chain SET forgotten_sequence = last_row.sequence, forgotten_hash = last_row.hash;
    RETURN ops.append_audit(jsonb_build_array(jsonb_build_object(
        'instance_id', gen_random_uuid(), 'number', 1, 'began_at', clock_timestamp(), 'client_id', session_user,
        'method', 'audit/forget', 'name', last_row.sequence || ':' || encode(last_row.hash, 'hex'),
        'outcome', 'OK', 'calls', 1, 'rows', last_row.sequence - chain.forgotten_sequence, 'bytes', 0
    )));
END
$$;

COMMENT ON FUNCTION ops.forget_audit(timestamp with time zone) IS 'Deletes rows of ops.audit from its beginning; the owner''s only.';
