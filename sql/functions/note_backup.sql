-- Says what the next incremental backup builds on, if the lease is this holder's, and gives up what only that one's
-- predecessors asked for: one row a table in the place of all changes that are in the backup. The sum stays as it is in
-- every snapshot.
CREATE OR REPLACE FUNCTION ops.note_backup(holder uuid, id text, snapshot pg_snapshot, taken_at timestamp with time zone)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER -- no login may write what changed
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM ops.backup_lease AS lease WHERE lease.holder = $1 AND lease.held_until > clock_timestamp()
    ) THEN
        RETURN false;
    END IF;
    INSERT INTO ops.last_backup AS known (id, snapshot, taken_at) VALUES ($2, $3, $4)
    ON CONFLICT (only_row) DO UPDATE
    SET id = excluded.id, snapshot = excluded.snapshot, taken_at = excluded.taken_at;
    WITH gone AS (
        DELETE FROM ops.row_changes WHERE pg_visible_in_snapshot(xid, $3) RETURNING table_name, rows, xid
    )
    INSERT INTO ops.row_changes (table_name, rows, xid)
    SELECT table_name, sum(rows), max(xid) FROM gone GROUP BY table_name;
    RETURN true;
END
$$;

COMMENT ON FUNCTION ops.note_backup(uuid, text, pg_snapshot, timestamptz) IS 'After each backup, once it is one.';
