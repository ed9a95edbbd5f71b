-- The database itself: extensions, and nothing for PUBLIC. Run by an administrator at each deploy.

CREATE SCHEMA IF NOT EXISTS extensions;
COMMENT ON SCHEMA extensions IS 'Extension objects: vector and trigram types, operators and functions.';

CREATE EXTENSION IF NOT EXISTS vector SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA extensions;
-- Loads them: only then may who is no superuser name their settings, as functions do.
SELECT '[1]'::extensions.vector, extensions.similarity('', '');

DO $$
BEGIN
    -- No temporary tables, no schemas and no connections but those granted in privileges.sql.
    EXECUTE format(
        'REVOKE ALL ON DATABASE %I FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys, zava_verify',
        current_database()
    );
    EXECUTE format('GRANT CREATE ON DATABASE %I TO zava_owner', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO zava_app, zava_jobs, zava_backup, zava_keys', current_database()
    );
END
$$;

REVOKE ALL ON SCHEMA public, extensions FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys, zava_verify;
GRANT USAGE ON SCHEMA extensions TO zava_owner, zava_app, zava_jobs, zava_backup;
