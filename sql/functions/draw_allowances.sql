-- Settles what an instance has used of its principals' allowances, and leases it more: for each principal, in order of
-- their ids, so that no two instances wait for each other. Time is the database's: clocks of instances do not matter.
-- A row that is not there is a full allowance.
CREATE OR REPLACE FUNCTION ops.draw_allowances(
    principal_ids uuid[], owed double precision[], wanted double precision[],
    rate double precision, burst double precision
)
RETURNS TABLE (principal_id uuid, granted double precision, units_left double precision)
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER -- the jobs' login may draw, and not say what is there to draw
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s' -- an instance that waits longer has gone on without
AS $$
DECLARE
    asked record;
BEGIN
    FOR asked IN
        SELECT * FROM unnest(principal_ids, owed, wanted) AS request (principal, owed, wanted) ORDER BY request.principal
    LOOP
        principal_id := asked.principal;
        INSERT INTO ops.allowances AS kept (principal_id, units)
        VALUES (asked.principal, burst)
        ON CONFLICT ON CONSTRAINT allowances_pkey DO UPDATE SET
            units = least(burst, kept.units + rate * greatest(0, extract(epoch FROM clock_timestamp() - kept.filled_at))),
            filled_at = clock_timestamp()
        RETURNING kept.units INTO units_left;
        units_left := units_left - asked.owed;
        granted := floor(greatest(0, least(asked.wanted, units_left)));
        units_left := units_left - granted;
        UPDATE ops.allowances AS kept SET units = units_left WHERE kept.principal_id = asked.principal;
        RETURN NEXT;
    END LOOP;
END
$$;

COMMENT ON FUNCTION ops.draw_allowances(uuid[], double precision[], double precision[], double precision, double precision) IS
    'Takes away what is owed whatever there is, then grants whole units of what is wanted, as many as there are.';
