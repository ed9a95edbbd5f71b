-- Ends a result that grows too large before more of it leaves the server.
CREATE OR REPLACE FUNCTION access.bound_bytes(so_far bigint, most bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF so_far > most THEN
        RAISE EXCEPTION USING ERRCODE = 'ZV002', MESSAGE = 'the result is too large';
    END IF;
    RETURN so_far;
END
$$;

COMMENT ON FUNCTION access.bound_bytes(bigint, bigint) IS 'Fails with ZV002 above the bound; otherwise gives the bytes so far.';
