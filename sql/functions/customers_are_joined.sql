-- Whether a plan looks up no customers' numbers but those of rows that the caller sees: of orders and customers, under the
-- columns' own names. Aliases are unique in a plan, and what is no table has no Relation Name in it.
CREATE OR REPLACE FUNCTION access.customers_are_joined(plan jsonb)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (
        SELECT
        FROM jsonb_path_query(plan, '$.** ? (@."Index Name" starts with "customers_")') AS lookup
        WHERE lookup ->> 'Index Cond' IS NULL OR lookup ->> 'Index Cond' NOT IN (
            SELECT format('(customer_id = %I.customer_id)', source ->> 'Alias')
            FROM jsonb_path_query(
                plan, '$.** ? (@."Relation Name" == "orders" || @."Relation Name" == "customers")'
            ) AS source
        )
    )
$$;

COMMENT ON FUNCTION access.customers_are_joined(jsonb) IS 'Whether only visible rows'' numbers of customers are looked up.';
