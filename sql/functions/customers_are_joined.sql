-- Whether a plan looks up no customers' numbers but those of rows that the caller sees: of orders and customers, under the
-- columns' own names. Aliases are unique in a plan, and what is no table has no Relation Name in it. Of rows put one behind
-- the other a plan names the first source only, so there are none.
CREATE OR REPLACE FUNCTION access.customers_are_joined(plan jsonb)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (
        SELECT
        FROM jsonb_path_query(plan, '$.** ? (exists (@."Index Name"))') AS lookup
        WHERE lookup ->> 'Index Name' IN (
                SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE indrelid = 'retail.customers'::regclass
            )
            AND (
                lookup ->> 'Index Cond' IS NULL
                OR jsonb_path_exists(
                    plan,
                    '$.** ? (@."Node Type" == "Append" || @."Node Type" == "Merge Append" || @."Node Type" == "Recursive Union")'
                )
                OR lookup ->> 'Index Cond' NOT IN (
                    SELECT format('(customer_id = %I.customer_id)', source ->> 'Alias')
                    FROM jsonb_path_query(
                        plan, '$.** ? (@."Relation Name" == "orders" || @."Relation Name" == "customers")'
                    ) AS source
                )
            )
    )
$$;

COMMENT ON FUNCTION access.customers_are_joined(jsonb) IS 'Whether only visible rows'' numbers of customers are looked up.';
