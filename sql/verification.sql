-- A database for verification, into which backups are restored: whatever is in it goes. Run by an administrator behind the
-- schema, where a deploy is told so.

DO $$
BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO zava_verify', current_database());
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM zava_jobs, zava_backup, zava_keys', current_database());
END
$$;
