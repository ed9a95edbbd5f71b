-- name: not_in_force
-- %(settings)s: name → value of %(role)s in sql/roles.sql. Where a new session of it, in this database, would have another
-- value: the most particular of its settings counts, else the server's, which this session shows unless it has one of its own.
SELECT expected.name,
    CASE
        WHEN particular.value IS NULL AND own.is_set THEN
            'cannot be told, for the administrator''s login has a value of its own: RESET it'
        ELSE format('would be %%s instead of %%s', coalesce(particular.value, current_setting(expected.name)), expected.value)
    END
FROM jsonb_each_text(%(settings)s::jsonb) AS expected (name, value)
LEFT JOIN LATERAL (
    SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value
    FROM pg_catalog.pg_db_role_setting
    CROSS JOIN LATERAL unnest(setconfig) AS setting
    WHERE setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
        AND setrole IN (0, to_regrole(%(role)s))
        AND lower(split_part(setting, '=', 1)) = lower(expected.name)
    ORDER BY setrole <> 0 DESC, setdatabase <> 0 DESC
    LIMIT 1
) AS particular ON true
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_settings
        WHERE lower(pg_settings.name) = lower(expected.name)
            AND source NOT IN ('default', 'environment variable', 'configuration file', 'command line', 'override')
    ) AS is_set
) AS own
WHERE coalesce(particular.value, CASE WHEN NOT own.is_set THEN current_setting(expected.name) END)
    IS DISTINCT FROM expected.value
ORDER BY expected.name
