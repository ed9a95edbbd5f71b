-- Statements of backups and restores.

-- name: tables
-- Every table there is: its columns that are not worked out from others, those of its key first, and that key, which its
-- triggers name.
SELECT namespace.nspname || '.' || relation.relname AS name,
    array_agg(
        attribute.attname::text ORDER BY array_position(recorded.key, attribute.attname::text), attribute.attnum
    ) AS columns,
    recorded.key
FROM pg_catalog.pg_class AS relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = relation.oid
LEFT JOIN LATERAL (
    SELECT array_remove(string_to_array(encode(trigger.tgargs, 'escape'), '\000'), '') AS key
    FROM pg_catalog.pg_trigger AS trigger
    WHERE trigger.tgrelid = relation.oid AND trigger.tgname = 'record_changes_updated'
) AS recorded ON true
WHERE namespace.nspowner = 'zava_owner'::regrole AND relation.relkind IN ('r', 'p')
    AND attribute.attnum > 0 AND NOT attribute.attisdropped AND attribute.attgenerated = ''
GROUP BY namespace.nspname, relation.relname, recorded.key
ORDER BY 1

-- name: triggers
-- Another value each time that one of the triggers that record changes, or what they run, is made anew or switched on or
-- off; empty while one is missing or off.
SELECT CASE
    WHEN count(*) FILTER (WHERE trigger.tgenabled = 'A') = 4 * cardinality(%(tables)s::text[])
    THEN encode(sha256(convert_to(
        string_agg(trigger.oid || ' ' || trigger.xmin || ' ' || function.xmin, ',' ORDER BY trigger.oid), 'UTF8'
    )), 'hex')
    ELSE ''
END
FROM pg_catalog.pg_trigger AS trigger
JOIN pg_catalog.pg_proc AS function ON function.oid = trigger.tgfoid
WHERE function.oid = 'ops.record_changes()'::regprocedure AND trigger.tgrelid = ANY (%(tables)s::text[]::regclass[])

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
WHERE namespace.nspowner = 'zava_owner'::regrole AND relation.relforcerowsecurity
ORDER BY 1

-- name: row_counts
SELECT table_name, sum(rows)::bigint FROM ops.row_changes GROUP BY table_name

-- name: last_backup
SELECT id, snapshot::text FROM ops.last_backup

-- name: changes
-- Since a snapshot, of each table that has any: whether it may be any row, and how many keys are gone at most.
SELECT table_name, bool_or(keys IS NULL), coalesce(sum(jsonb_array_length(keys)) FILTER (WHERE rows <= 0), 0)::bigint
FROM ops.row_changes
WHERE NOT pg_visible_in_snapshot(xid, %(since)s::pg_snapshot)
GROUP BY table_name

-- name: gone_keys
-- A row that was only inserted is in no older backup: if it had been in one, it would have been deleted since.
COPY (
    SELECT DISTINCT {key}
    FROM ops.row_changes AS change
    CROSS JOIN jsonb_populate_recordset(NULL::{table}, change.keys) AS touched
    WHERE change.table_name = {name} AND NOT pg_visible_in_snapshot(change.xid, {since}) AND change.rows <= 0
) TO STDOUT (FORMAT text)

-- name: changed_rows
-- LATERAL with OFFSET keeps the planner to one look at the key's index for each, however many it expects.
COPY (
    SELECT {columns}
    FROM (
        SELECT DISTINCT {key}
        FROM ops.row_changes AS change
        CROSS JOIN jsonb_populate_recordset(NULL::{table}, change.keys) AS touched
        WHERE change.table_name = {name} AND NOT pg_visible_in_snapshot(change.xid, {since})
    ) AS changed
    CROSS JOIN LATERAL (SELECT * FROM {table} AS kept WHERE ({kept_key}) = ({changed_key}) OFFSET 0) AS kept
) TO STDOUT (FORMAT text)

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

-- name: foreign_keys
-- Of these tables, as ALTER TABLE takes them.
SELECT namespace.nspname || '.' || relation.relname, foreign_key.conname, pg_get_constraintdef(foreign_key.oid)
FROM pg_catalog.pg_constraint AS foreign_key
JOIN pg_catalog.pg_class AS relation ON relation.oid = foreign_key.conrelid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
WHERE foreign_key.contype = 'f' AND namespace.nspname || '.' || relation.relname = ANY (%(tables)s)
ORDER BY 1, 2

-- name: forget_kept_revocations
-- Instances that have read a list under a lower number read it anew.
UPDATE access.revocation_changes SET version = version + extract(epoch FROM clock_timestamp())::bigint
