-- Puts one row a table in the place of all changes that are committed. The sum stays as it is in every snapshot, and of two
-- at a time each takes rows that the other does not.
CREATE OR REPLACE FUNCTION ops.fold_row_changes()
RETURNS void
LANGUAGE sql VOLATILE
SECURITY DEFINER -- no login may write the changes
SET search_path = pg_catalog, pg_temp
AS $$
    WITH gone AS (DELETE FROM ops.row_changes RETURNING table_name, rows)
    INSERT INTO ops.row_changes (table_name, rows) SELECT table_name, sum(rows) FROM gone GROUP BY table_name
$$;

COMMENT ON FUNCTION ops.fold_row_changes() IS 'Keeps ops.row_changes short; before each backup.';
