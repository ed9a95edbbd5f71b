-- The list of revoked tokens for an instance that knows a version of it: no row where that is the version still, else one
-- with all of it. One statement, so the version is that of the list.
CREATE OR REPLACE FUNCTION access.revocations_unless(known bigint)
RETURNS TABLE (version bigint, revocations jsonb)
LANGUAGE sql STABLE ROWS 1
SECURITY DEFINER -- the jobs' login may learn what is revoked, and not write it
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        change.version,
        (
            SELECT coalesce(
                jsonb_agg(
                    jsonb_build_array(entry.kind, entry.subject, floor(extract(epoch FROM entry.issued_before)))
                ),
                '[]'
            )
            FROM access.revocations AS entry
        )
    FROM access.revocation_changes AS change
    WHERE change.version IS DISTINCT FROM known
$$;

COMMENT ON FUNCTION access.revocations_unless(bigint) IS
    'Version and entries (kind, subject, seconds of the epoch or null) of access.revocations, where the version is another.';
