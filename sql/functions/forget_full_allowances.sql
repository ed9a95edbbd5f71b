-- Deletes some of the rows of those who have not used their allowance lately: it is full again, as without a row.
CREATE OR REPLACE FUNCTION ops.forget_full_allowances(rate double precision, burst double precision)
RETURNS void
LANGUAGE sql VOLATILE
SECURITY DEFINER -- the jobs' login may not delete what somebody owes
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM ops.allowances
    WHERE principal_id IN (
        SELECT principal_id FROM ops.allowances
        WHERE units + rate * extract(epoch FROM clock_timestamp() - filled_at) >= burst
        LIMIT 10000
        FOR UPDATE SKIP LOCKED
    )
$$;

COMMENT ON FUNCTION ops.forget_full_allowances(double precision, double precision) IS
    'Deletes up to 10,000 rows that are full by now.';
