-- Appends records of calls to the audit trail, each once however often it is sent, and gives the chain as it is then.
-- records: an array of objects, at most 1,000, with the columns of ops.audit that the server knows.
CREATE OR REPLACE FUNCTION ops.append_audit(records jsonb)
RETURNS ops.audit_chain
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER -- no login may write the trail, or read what principals see
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chain ops.audit_chain;
    entry ops.audit;
    before ops.audit;
    appended ops.audit[] := '{}';
BEGIN
    IF jsonb_array_length(records) > 1000 THEN
        RAISE EXCEPTION 'more than 1000 records at once' USING ERRCODE = 'program_limit_exceeded';
    END IF;
    -- The one lock that appending takes: so batches of several instances come one after the other.
    SELECT * INTO STRICT chain FROM ops.audit_chain FOR UPDATE;
    FOR entry IN
        SELECT * FROM jsonb_populate_recordset(NULL::ops.audit, records) ORDER BY instance_id, number
    LOOP
        CONTINUE WHEN (entry.instance_id, entry.number) = (before.instance_id, before.number) OR EXISTS (
            SELECT FROM ops.audit WHERE instance_id = entry.instance_id AND number = entry.number
        );
        entry.store_ids := NULL;
        IF entry.tenant_id IS NOT NULL THEN
            SELECT CASE WHEN entry.store_scope IS NULL THEN visible.store_ids ELSE ARRAY(
                SELECT store.store_id FROM retail.stores AS store
                WHERE store.rls_user_id = entry.store_scope AND store.store_id = ANY (visible.store_ids)
            ) END INTO entry.store_ids
            FROM access.principals AS principal
            JOIN access.visibility AS visible USING (principal_id)
            WHERE principal.tenant_id = entry.tenant_id AND principal.object_id = entry.object_id;
            entry.store_ids := coalesce(entry.store_ids, '{}');
        END IF;
        entry.sequence := chain.last_sequence + 1;
        entry.appended_at := clock_timestamp();
        entry.previous_hash := chain.last_hash;
        -- A JSON array is unambiguous, and jsonb prints it in one way only. shared/audit/chain.py makes the same.
        entry.hash := sha256(chain.last_hash || convert_to(jsonb_build_array(
            entry.sequence, (extract(epoch FROM entry.appended_at) * 1000000)::bigint, entry.instance_id, entry.number,
            (extract(epoch FROM entry.began_at) * 1000000)::bigint, entry.tenant_id, entry.object_id, entry.client_id,
            entry.store_scope, entry.store_ids, entry.method, entry.name, entry.task_id,
            encode(entry.arguments_mac, 'hex'), entry.outcome, entry.calls, entry.rows, entry.bytes, entry.trace_id
        )::text, 'UTF8'));
        appended := appended || entry;
        before := entry;
        chain.last_sequence := entry.sequence;
        chain.last_hash := entry.hash;
    END LOOP;
    INSERT INTO ops.audit SELECT * FROM unnest(appended); -- at once: triggers cost more than the rows
    UPDATE ops.audit_chain SET last_sequence = chain.last_sequence, last_hash = chain.last_hash
    WHERE last_sequence <> chain.last_sequence;
    RETURN chain;
END
$$;

COMMENT ON FUNCTION ops.append_audit(jsonb) IS 'Appends calls to ops.audit, each once; the only way to write it.';
