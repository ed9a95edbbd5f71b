-- name: allowed_names
-- What the parser guard lets a caller name, made from the catalog of a running server: sql/allowed_functions.txt is its
-- reviewed output (tests/sql_guard/test_allowed_functions.py). A name stands for all of its overloads.
WITH
-- STABLE is what a reader of the catalog, of settings and of other sessions is, too: these are listed one by one.
-- They depend on the time zone, the date style or the text search configuration and on nothing else. Not
-- statement_timestamp: the plan that is looked at would be made for another time than the one that runs.
reviewed_stable (name) AS (
    VALUES
        -- age(xid) tells the distance to the newest transaction, but there is no way to a value of type xid
        ('age'), ('date'), ('date_add'), ('date_part'), ('date_subtract'), ('date_trunc'), ('extract'),
        ('generate_series'), ('make_timestamptz'), ('now'), ('overlaps'), ('time'),
        ('timestamp'), ('timestamptz'), ('timetz'), ('timezone'), ('to_char'), ('to_date'), ('to_number'),
        ('to_timestamp'), ('transaction_timestamp'),
        ('array_to_string'), ('concat'), ('concat_ws'), ('convert'), ('convert_from'), ('convert_to'), ('format'),
        ('length'), ('money'), ('numeric'), ('quote_literal'), ('quote_nullable'),
        ('array_to_json'), ('json_agg'), ('json_agg_strict'), ('json_build_array'), ('json_build_object'),
        ('json_object_agg'), ('json_object_agg_strict'), ('json_object_agg_unique'),
        ('json_object_agg_unique_strict'), ('json_populate_record'), ('json_populate_recordset'), ('json_to_record'),
        ('json_to_recordset'), ('jsonb_agg'), ('jsonb_agg_strict'), ('jsonb_build_array'), ('jsonb_build_object'),
        ('jsonb_object_agg'), ('jsonb_object_agg_strict'), ('jsonb_object_agg_unique'),
        ('jsonb_object_agg_unique_strict'), ('jsonb_path_exists_tz'), ('jsonb_path_match_tz'),
        ('jsonb_path_query_array_tz'), ('jsonb_path_query_first_tz'), ('jsonb_path_query_tz'),
        ('jsonb_populate_record'), ('jsonb_populate_record_valid'), ('jsonb_populate_recordset'),
        ('jsonb_to_record'), ('jsonb_to_recordset'), ('row_to_json'), ('to_json'), ('to_jsonb'),
        ('json_to_tsvector'), ('jsonb_to_tsvector'), ('phraseto_tsquery'), ('plainto_tsquery'), ('to_tsquery'),
        ('to_tsvector'), ('ts_headline'), ('websearch_to_tsquery'),
        ('enum_first'), ('enum_last'), ('enum_range'),
        ('pg_typeof') -- the type of a value that the caller has anyway
),
-- Volatile, but harmless where it is not a condition: a row of the answer gets a number, or a place in the order.
reviewed_output (name, reason) AS (
    VALUES ('random', 'samples')
),
-- Behind an operator and yet in the manual's tables of functions; behind an index and yet what samples are drawn by.
known_anyway (name) AS (
    VALUES ('array_cat'), ('starts_with'), ('hashtext'), ('hashtextextended')
),
-- Machinery, or a fact about the server, whatever the volatility says.
machinery (pattern) AS (
    VALUES ('^(pg_|lo_|txid_|has_|ri_)'), ('^(acl|makeacl)'), ('xml|xpath'), ('(typmod_?in|send)$'), ('unicode_version$'),
        ('^satisfies_hash_partition$'), ('^spg_|^gi[ns]t?_|^gtrgm_'), ('_(accum|combine)$'), ('^vector_avg|^halfvec_avg')
),
system_types AS (
    SELECT oid FROM pg_catalog.pg_type
    WHERE typnamespace = 'pg_catalog'::regnamespace
        AND typname ~ '^_?(oid|oidvector|xid8?|cid|tid|aclitem|reg.*|pg_.*|txid_snapshot|refcursor|xml|gtsvector)$'
        AND typname <> 'regconfig' -- names of text search configurations, such as english, are in the manual
),
-- No value of these can be written, or only for the server's own use.
internal_types AS (
    SELECT oid FROM pg_catalog.pg_type
    WHERE typname IN ('internal', 'cstring', 'trigger', 'event_trigger', 'language_handler', 'fdw_handler',
        'index_am_handler', 'tsm_handler', 'table_am_handler', 'pg_ddl_command')
),
-- What indexes, aggregates and types call. An extension lists its public functions there, too.
support AS (
    SELECT amproc::oid AS oid FROM pg_catalog.pg_amproc
    UNION SELECT unnest(ARRAY[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn,
        aggminvtransfn, aggmfinalfn])::oid FROM pg_catalog.pg_aggregate
    UNION SELECT unnest(ARRAY[rngcanonical, rngsubdiff])::oid FROM pg_catalog.pg_range
    UNION SELECT unnest(ARRAY[oprrest, oprjoin])::oid FROM pg_catalog.pg_operator
),
overload AS (
    SELECT
        function.proname AS name,
        function.provolatile AS volatility,
        function.pronamespace NOT IN ('pg_catalog'::regnamespace, 'extensions'::regnamespace)
            OR function.prokind = 'p' AS is_foreign,
        types && ARRAY(SELECT oid FROM internal_types) AS is_internal,
        types && ARRAY(SELECT oid FROM system_types) AS is_system,
        function.pronamespace = 'pg_catalog'::regnamespace AND function.oid IN (SELECT oid FROM support) AS is_support,
        coalesce(pg_catalog.obj_description(function.oid, 'pg_proc'), '') LIKE 'implementation of %' AS is_operator,
        function.pronargs - function.pronargdefaults <= 1 AND function.pronargs >= 1
            -- nothing but the server itself has a value of type internal
            AND NOT 'internal'::regtype = ANY (function.proargtypes::oid[]) AS takes_one
    FROM pg_catalog.pg_proc AS function
    CROSS JOIN LATERAL (
        SELECT coalesce(function.proallargtypes, function.proargtypes::oid[]) || function.prorettype AS types
    ) AS signature
    WHERE function.pronamespace IN (
        'pg_catalog'::regnamespace, 'extensions'::regnamespace, 'retail'::regnamespace
    )
),
function AS (
    SELECT
        name,
        bool_or(is_foreign) OR bool_or(is_internal) OR bool_and(is_system)
            OR bool_and(is_support OR is_operator) AND name NOT IN (SELECT known_anyway.name FROM known_anyway)
            OR EXISTS (SELECT FROM machinery WHERE name ~* pattern) AS is_machinery,
        bool_or(volatility = 'v') AS is_volatile,
        bool_or(volatility = 's') AS is_stable,
        bool_or(takes_one) AS takes_one
    FROM overload
    GROUP BY name
),
allowed AS (
    SELECT name, 'function' AS kind
    FROM function
    WHERE name IN (SELECT reviewed_stable.name FROM reviewed_stable)
        AND NOT is_volatile
        OR NOT is_machinery AND NOT is_volatile AND NOT is_stable
    UNION ALL
    SELECT name, 'function-in-output' FROM function WHERE name IN (SELECT reviewed_output.name FROM reviewed_output)
),
allowed_type AS (
    SELECT typname AS name
    FROM pg_catalog.pg_type
    WHERE typnamespace IN ('pg_catalog'::regnamespace, 'extensions'::regnamespace)
        AND typtype IN ('b', 'r', 'm')
        AND oid NOT IN (SELECT oid FROM system_types)
        AND typname !~ '^_?(gtrgm|gtsvector)$'
)
SELECT kind || ' ' || name
FROM (
    SELECT kind, name FROM allowed
    UNION ALL
    SELECT 'type', name FROM allowed_type
    UNION ALL
    SELECT 'relation', relname FROM pg_catalog.pg_class
    WHERE relnamespace = 'retail'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    -- x.name and (x).name call the function or cast of that name where x has no such column. Those that begin with pg_
    -- are not listed: the guard refuses them all.
    SELECT 'not-attribute', name FROM function
    WHERE takes_one AND name !~ '^pg_' AND name NOT IN (SELECT allowed.name FROM allowed)
    UNION
    SELECT 'not-attribute', typname FROM pg_catalog.pg_type
    WHERE typnamespace IN ('pg_catalog'::regnamespace, 'extensions'::regnamespace)
        AND typtype <> 'c' AND typname !~ '^(pg_|_pg_)'
        AND typname NOT IN (SELECT allowed_type.name FROM allowed_type)
        AND typname NOT IN (SELECT allowed.name FROM allowed)
) AS line (kind, name)
ORDER BY kind COLLATE "C", name COLLATE "C";
