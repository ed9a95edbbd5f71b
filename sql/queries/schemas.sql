-- name: table_schemas
-- One row a table of %(names)s (text[], without the schema), in the order asked for: what one needs to write a query.
-- In the place of known_values goes the statement of that name, of the domain.
-- Values come through the caller's own row-level security; those of tenants' rows only with %(with_rows)s.
WITH asked AS (
    SELECT asked.name, asked.place, class.oid
    FROM unnest(%(names)s::text[]) WITH ORDINALITY AS asked (name, place)
    JOIN pg_catalog.pg_class AS class ON class.relname = asked.name
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname = %(schema)s AND class.relkind IN ('r', 'p')
),
known_values AS (
    {known_values}
)
SELECT
    %(schema)s || '.' || asked.name AS table_name,
    pg_catalog.obj_description(asked.oid, 'pg_class') AS description,
    (
        SELECT jsonb_agg(
            jsonb_strip_nulls(jsonb_build_object(
                'name', attribute.attname,
                'type', pg_catalog.format_type(attribute.atttypid, attribute.atttypmod),
                'nullable', NOT attribute.attnotnull,
                'description', pg_catalog.col_description(asked.oid, attribute.attnum),
                'values', known_values.list
            ))
            ORDER BY attribute.attnum
        )
        FROM pg_catalog.pg_attribute AS attribute
        LEFT JOIN known_values
            ON known_values.table_name = asked.name AND known_values.column_name = attribute.attname
        WHERE attribute.attrelid = asked.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
            AND has_column_privilege(asked.oid, attribute.attnum, 'SELECT')
    ) AS columns,
    (
        SELECT jsonb_agg(attribute.attname ORDER BY key.place)
        FROM pg_catalog.pg_constraint AS constraints
        CROSS JOIN unnest(constraints.conkey) WITH ORDINALITY AS key (attnum, place)
        JOIN pg_catalog.pg_attribute AS attribute
            ON attribute.attrelid = asked.oid AND attribute.attnum = key.attnum
        WHERE constraints.conrelid = asked.oid AND constraints.contype = 'p'
    ) AS primary_key,
    (
        -- References in both directions, each as a condition that can be pasted behind ON.
        SELECT coalesce(jsonb_agg(DISTINCT path.condition), '[]')
        FROM pg_catalog.pg_constraint AS constraints
        CROSS JOIN LATERAL (
            SELECT string_agg(
                format('%%s.%%s = %%s.%%s',
                    referencing.relname, source.attname, referenced.relname, target.attname),
                ' AND ' ORDER BY key.place
            ) AS condition
            FROM unnest(constraints.conkey, constraints.confkey) WITH ORDINALITY AS key (source, target, place)
            JOIN pg_catalog.pg_class AS referencing ON referencing.oid = constraints.conrelid
            JOIN pg_catalog.pg_class AS referenced ON referenced.oid = constraints.confrelid
            JOIN pg_catalog.pg_attribute AS source
                ON source.attrelid = constraints.conrelid AND source.attnum = key.source
            JOIN pg_catalog.pg_attribute AS target
                ON target.attrelid = constraints.confrelid AND target.attnum = key.target
            WHERE referencing.relnamespace = referenced.relnamespace
        ) AS path
        WHERE constraints.contype = 'f' AND asked.oid IN (constraints.conrelid, constraints.confrelid)
            AND path.condition IS NOT NULL
    ) AS joins
FROM asked
ORDER BY asked.place;

-- name: known_values
-- Short lists, and from and to of ranges: table, column, JSON.
SELECT 'stores' AS table_name, 'store_name' AS column_name, jsonb_agg(store_name ORDER BY store_id) AS list
FROM retail.stores
UNION ALL
SELECT 'categories', 'category_name', jsonb_agg(category_name ORDER BY category_name) FROM retail.categories
UNION ALL
SELECT 'product_types', 'type_name', jsonb_agg(type_name ORDER BY type_name) FROM retail.product_types
UNION ALL
SELECT 'orders', 'order_date', jsonb_build_array('from', min(order_date), 'to', max(order_date))
FROM retail.orders
WHERE 'orders' IN (SELECT name FROM asked)
HAVING %(with_rows)s;
