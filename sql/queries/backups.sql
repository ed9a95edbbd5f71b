-- Statements of backups and restores.

-- name: tables
-- Every table there is, with the columns that are not worked out from others.
SELECT namespace.nspname || '.' || relation.relname AS name,
    array_agg(attribute.attname::text ORDER BY attribute.attnum) AS columns, relation.relrowsecurity AS under_policies
FROM pg_catalog.pg_class AS relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = relation.oid
WHERE namespace.nspname IN ('retail', 'access', 'ops') AND relation.relkind IN ('r', 'p')
    AND attribute.attnum > 0 AND NOT attribute.attisdropped AND attribute.attgenerated = ''
GROUP BY namespace.nspname, relation.relname, relation.relrowsecurity
ORDER BY 1

-- name: partly_hidden
-- Tables of which policies may keep rows from this login: no policy says plainly "all", or another one takes away again.
SELECT namespace.nspname || '.' || relation.relname AS name
FROM pg_catalog.pg_class AS relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
WHERE namespace.nspname || '.' || relation.relname = ANY (%(tables)s) AND relation.relrowsecurity AND (
    NOT EXISTS (
        SELECT FROM pg_catalog.pg_policies AS policy
        WHERE policy.schemaname = namespace.nspname AND policy.tablename = relation.relname
            AND policy.permissive = 'PERMISSIVE' AND policy.cmd IN ('SELECT', 'ALL') AND policy.qual = 'true'
            AND policy.roles && ARRAY[current_user, 'public']::name[]
    )
    OR EXISTS (
        SELECT FROM pg_catalog.pg_policies AS policy
        WHERE policy.schemaname = namespace.nspname AND policy.tablename = relation.relname
            AND policy.permissive <> 'PERMISSIVE' AND policy.cmd IN ('SELECT', 'ALL')
    )
)
ORDER BY 1

-- name: forced
SELECT namespace.nspname || '.' || relation.relname AS name
FROM pg_catalog.pg_class AS relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
WHERE namespace.nspname IN ('retail', 'access', 'ops') AND relation.relforcerowsecurity
ORDER BY 1

-- name: row_counts
SELECT table_name, sum(rows)::bigint FROM ops.row_changes GROUP BY table_name

-- name: moment
SELECT pg_catalog.pg_current_snapshot()::text, clock_timestamp(), current_setting('server_version')

-- name: migrations
SELECT name, checksum FROM ops.migrations ORDER BY name

-- name: extensions
SELECT extname::text, extversion FROM pg_catalog.pg_extension ORDER BY extname

-- name: sequences
SELECT schemaname::text, sequencename::text FROM pg_catalog.pg_sequences WHERE schemaname = 'retail' ORDER BY sequencename

-- name: references
SELECT DISTINCT from_namespace.nspname || '.' || from_table.relname, to_namespace.nspname || '.' || to_table.relname
FROM pg_catalog.pg_constraint AS foreign_key
JOIN pg_catalog.pg_class AS from_table ON from_table.oid = foreign_key.conrelid
JOIN pg_catalog.pg_namespace AS from_namespace ON from_namespace.oid = from_table.relnamespace
JOIN pg_catalog.pg_class AS to_table ON to_table.oid = foreign_key.confrelid
JOIN pg_catalog.pg_namespace AS to_namespace ON to_namespace.oid = to_table.relnamespace
WHERE foreign_key.contype = 'f' AND foreign_key.conrelid <> foreign_key.confrelid

-- name: forget_kept_revocations
-- Instances that have read a list under a lower number read it anew.
UPDATE access.revocation_changes SET version = version + extract(epoch FROM clock_timestamp())::bigint
