-- Takes from PUBLIC what PostgreSQL gives to everybody and nobody here needs: numbers that count every tenant's rows,
-- sight of and power over neighbours' sessions, SQL inside SQL, large objects, messages. Run by an administrator at each
-- deploy. Only a superuser can, so on a managed server the guard stands alone there; tests/isolation counts what is open
-- with and without. Left open: pg_sleep, pg_advisory_* and pg_locks, which tests wait and lock with, and the language
-- plpgsql, in which an administrator who is no superuser deploys (DO).

DO $$
DECLARE
    routine regprocedure;
    readable text;
BEGIN
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        RETURN;
    END IF;

    FOR routine IN
        SELECT oid FROM pg_catalog.pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
            AND has_function_privilege('public', oid, 'EXECUTE')
            AND (
                -- One expression of all names, for each deploy asks it of each of some 3,300 functions.
                proname ~ $names$(?x)^(
                    # statistics, sizes, positions: they tell of all rows
                    pg_stat_(get_|clear_|force_)
                    | pg_(relation|table|indexes|total_relation|database|tablespace)_size$
                    | pg_(current|last)_(wal|xact|snapshot|committed) | txid_(current|status)
                    | (pg_sequence_last_value | pg_get_sequence_data | pg_xact_status)$
                    # other sessions
                    | (pg_terminate_backend | pg_cancel_backend | pg_blocking_pids)$
                    | (pg_safe_snapshot_blocking_pids | pg_prepared_statement | pg_cursor | pg_prepared_xact)$
                    # SQL inside SQL
                    | (query|table|schema|database|cursor)_to_xml | ts_stat$
                    # what stays behind or reaches others
                    | lo_ | loread | lowrite
                    | (pg_notify | pg_notification_queue_usage | pg_logical_emit_message | pg_export_snapshot | setseed)$
                )$names$
                OR (proname = 'ts_rewrite' AND pronargs = 2)
            )
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO zava_owner, zava_backup', routine);
    END LOOP;

    -- The planner's counts of rows. Both at once, for a REVOKE on the table takes its columns with it.
    SELECT string_agg(quote_ident(attname), ', ') INTO readable FROM pg_catalog.pg_attribute
    WHERE attrelid = 'pg_catalog.pg_class'::regclass AND attnum > 0
        AND attname NOT IN ('reltuples', 'relpages', 'relallvisible', 'relallfrozen');
    REVOKE ALL ON pg_catalog.pg_class FROM PUBLIC;
    EXECUTE format('GRANT SELECT (%s) ON pg_catalog.pg_class TO PUBLIC', readable);
    GRANT SELECT ON pg_catalog.pg_class TO zava_owner, zava_backup;
END
$$;
