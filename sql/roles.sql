-- The database roles, their login rights and their settings. Run by an administrator at each deploy.
-- Settings live on the role, so they cost no round trip; a deploy puts back whatever was changed by hand.

DO $$
DECLARE
    role_name text;
    granted text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY[
        'zava_owner', 'zava_app', 'zava_jobs', 'zava_backup', 'zava_keys', 'zava_verify'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I', role_name);
        END IF;
        EXECUTE format('ALTER ROLE %I RESET ALL', role_name);
        EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', role_name, current_database());
        -- Only a superuser may take these away, so it is asked for only where there is something to take.
        IF EXISTS (
            SELECT FROM pg_catalog.pg_roles
            WHERE rolname = role_name AND (rolsuper OR rolbypassrls OR rolreplication)
        ) THEN
            EXECUTE format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS NOREPLICATION', role_name);
        END IF;
        FOR granted IN
            SELECT pg_get_userbyid(roleid) FROM pg_catalog.pg_auth_members WHERE member = role_name::regrole
        LOOP
            EXECUTE format('REVOKE %I FROM %I', granted, role_name);
        END LOOP;
    END LOOP;
END
$$;

ALTER ROLE zava_owner NOLOGIN NOCREATEDB NOCREATEROLE NOINHERIT;
ALTER ROLE zava_app LOGIN NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 200;
ALTER ROLE zava_jobs LOGIN NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 200;
ALTER ROLE zava_backup LOGIN NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 10;
ALTER ROLE zava_keys LOGIN NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 5;
ALTER ROLE zava_verify LOGIN NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 5;
-- It writes a backup as the owner, where it may connect: to a database for verification, and to no other.
GRANT zava_owner, zava_app TO zava_verify WITH INHERIT FALSE, SET TRUE;

COMMENT ON ROLE zava_owner IS 'Owns every object; nobody logs in as it.';
COMMENT ON ROLE zava_app IS 'Runs what callers ask: reads, under a signed row-level security context.';
COMMENT ON ROLE zava_jobs IS 'Timer functions (embeddings and housekeeping), callers'' tasks, the audit trail.';
COMMENT ON ROLE zava_backup IS 'Reads every row for the backup, through policies of its own.';
COMMENT ON ROLE zava_keys IS 'Brings keys that sign contexts and takes them away; reads nothing.';
COMMENT ON ROLE zava_verify IS 'Restores backups into the database for verification; connects to no other.';

-- What callers run: read-only, bounded in time and memory, and read the way the server parses it.
ALTER ROLE zava_app SET default_transaction_read_only = on;
ALTER ROLE zava_app SET statement_timeout = '20s';
ALTER ROLE zava_app SET lock_timeout = '2s';
ALTER ROLE zava_app SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE zava_app SET transaction_timeout = '30s';
-- A statement whose server is gone ends, not only when it has an answer.
ALTER ROLE zava_app SET client_connection_check_interval = '2s';
ALTER ROLE zava_app SET work_mem = '16MB';
ALTER ROLE zava_app SET max_parallel_workers_per_gather = 0;
ALTER ROLE zava_app SET jit = off;
-- The same rows in the same order, for results in pages.
ALTER ROLE zava_app SET synchronize_seqscans = off;
ALTER ROLE zava_app SET search_path = retail, extensions;
ALTER ROLE zava_app SET standard_conforming_strings = on;
ALTER ROLE zava_app SET client_encoding = 'UTF8';
ALTER ROLE zava_app SET timezone = 'UTC';
ALTER ROLE zava_app SET datestyle = 'ISO, YMD';
ALTER ROLE zava_app SET intervalstyle = 'iso_8601';
ALTER ROLE zava_app SET bytea_output = 'hex';

-- Only a superuser sets these, and whom one has granted it. Elsewhere the server's own parameters have these values
-- (infra/bicep/modules/postgres.bicep). The deploy refuses where neither is so (sql/queries/role_settings.sql).
DO $$
BEGIN
    IF has_parameter_privilege('temp_file_limit', 'SET') THEN
        ALTER ROLE zava_app SET temp_file_limit = '512MB';
    END IF;
    IF has_parameter_privilege('track_activities', 'SET') THEN
        ALTER ROLE zava_app SET track_activities = off;
    END IF;
END
$$;

ALTER ROLE zava_jobs SET statement_timeout = '10min';
ALTER ROLE zava_jobs SET lock_timeout = '10s';
ALTER ROLE zava_jobs SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE zava_jobs SET search_path = retail, extensions;
ALTER ROLE zava_jobs SET timezone = 'UTC';
ALTER ROLE zava_jobs SET jit = off;

ALTER ROLE zava_backup SET default_transaction_read_only = on;
ALTER ROLE zava_backup SET statement_timeout = '25min';
ALTER ROLE zava_backup SET lock_timeout = '10s';
ALTER ROLE zava_backup SET search_path = retail, extensions;
ALTER ROLE zava_backup SET timezone = 'UTC';
ALTER ROLE zava_backup SET jit = off;

ALTER ROLE zava_keys SET statement_timeout = '10s';
ALTER ROLE zava_keys SET lock_timeout = '5s';
ALTER ROLE zava_keys SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE zava_keys SET search_path = pg_catalog;
ALTER ROLE zava_keys SET jit = off;

ALTER ROLE zava_verify SET lock_timeout = '10s';
ALTER ROLE zava_verify SET search_path = pg_catalog;
ALTER ROLE zava_verify SET timezone = 'UTC';
