-- Whether backups are this holder's to make, for so many seconds from now. None gives them back.
CREATE OR REPLACE FUNCTION ops.lease_backup(holder uuid, seconds integer)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SECURITY DEFINER -- the lease is a row of a table that no login may write
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO ops.backup_lease AS lease (holder, held_until)
    VALUES ($1, clock_timestamp() + make_interval(secs => least($2, 600)))
    ON CONFLICT (only_row) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
    WHERE lease.holder = excluded.holder OR lease.held_until <= clock_timestamp();
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION ops.lease_backup(uuid, integer) IS 'Takes, keeps or gives back the right to make a backup.';
