-- Keeps access.visits true to orders and customers: of each pair of store and customer that a statement touched, the
-- orders are asked anew whether it is a visit. Behind the customers' locks, so of writers who meet on a customer the last
-- one sees what all have done; in order of number, so that no two wait for each other.
CREATE OR REPLACE FUNCTION access.refresh_visits()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write orders and customers need not see or write access.visits
SET search_path = pg_catalog, pg_temp
SET row_security = on -- as in refresh_visibility.sql
SET plan_cache_mode = force_generic_plan -- planning anew costs more than an order; each pair is found by index
AS $$
DECLARE
    touched access.visits[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE access.visits;
        RETURN NULL;
    END IF;
    -- Not the transition tables in what follows: a session keeps the plan of its first statement, and one made for many
    -- rows reads all orders for a single one.
    IF TG_OP <> 'UPDATE' THEN
        touched := ARRAY(
            SELECT ROW (store_id, customer_id)::access.visits
            FROM (SELECT DISTINCT store_id, customer_id FROM written) AS changed
        );
    ELSIF TG_TABLE_NAME = 'orders' THEN
        touched := ARRAY(
            SELECT ROW (store_id, customer_id)::access.visits
            FROM (
                (SELECT store_id, customer_id FROM before EXCEPT ALL SELECT store_id, customer_id FROM written)
                UNION
                (SELECT store_id, customer_id FROM written EXCEPT ALL SELECT store_id, customer_id FROM before)
            ) AS changed
        );
    ELSE
        touched := ARRAY(
            SELECT ROW (store_id, customer_id)::access.visits
            FROM (
                (
                    SELECT primary_store_id, customer_id FROM before
                    EXCEPT SELECT primary_store_id, customer_id FROM written
                )
                UNION
                (
                    SELECT primary_store_id, customer_id FROM written
                    EXCEPT SELECT primary_store_id, customer_id FROM before
                )
            ) AS changed (store_id, customer_id)
        );
        -- An older snapshot may miss an order at a store that was or is the primary one, and nothing would tell, for no
        -- visit was written.
        IF touched <> '{}' AND current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
            RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
                MESSAGE = 'a customer''s primary store changes under READ COMMITTED only',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED';
        END IF;
    END IF;

    IF touched = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM FROM retail.customers
    WHERE customer_id IN (SELECT customer_id FROM unnest(touched))
    ORDER BY customer_id
    FOR NO KEY UPDATE;

    WITH pair AS MATERIALIZED (
        SELECT store_id, customer_id,
            store_id <> customer.primary_store_id AND EXISTS (
                SELECT FROM retail.orders
                WHERE orders.store_id = pair.store_id AND orders.customer_id = pair.customer_id
            ) AS visit
        FROM unnest(touched) AS pair
        LEFT JOIN retail.customers AS customer USING (customer_id)
    ),
    ended AS (
        DELETE FROM access.visits USING pair
        WHERE pair.visit IS NOT TRUE AND visits.store_id = pair.store_id AND visits.customer_id = pair.customer_id
    ),
    -- Written although nothing changes: a writer with an older snapshot then fails instead of believing it, be the row
    -- changed, gone or, below, new.
    kept AS (
        UPDATE access.visits SET customer_id = pair.customer_id FROM pair
        WHERE pair.visit AND visits.store_id = pair.store_id AND visits.customer_id = pair.customer_id
    )
    INSERT INTO access.visits (store_id, customer_id)
    SELECT store_id, customer_id FROM pair WHERE visit
    ON CONFLICT (store_id, customer_id) DO NOTHING;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION access.refresh_visits() IS 'Trigger of retail.orders and retail.customers.';

CREATE OR REPLACE TRIGGER refresh_visits_inserted AFTER INSERT ON retail.orders
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visits();
CREATE OR REPLACE TRIGGER refresh_visits_updated AFTER UPDATE ON retail.orders
    REFERENCING OLD TABLE AS before NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visits();
CREATE OR REPLACE TRIGGER refresh_visits_deleted AFTER DELETE ON retail.orders
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visits();
CREATE OR REPLACE TRIGGER refresh_visits_truncated AFTER TRUNCATE ON retail.orders
    FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visits();
CREATE OR REPLACE TRIGGER refresh_visits_updated AFTER UPDATE ON retail.customers
    REFERENCING OLD TABLE AS before NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visits();

-- Also for who loads rows as a replica would: what is seen must not depend on how it came.
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER refresh_visits_inserted;
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER refresh_visits_updated;
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER refresh_visits_deleted;
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER refresh_visits_truncated;
ALTER TABLE retail.customers ENABLE ALWAYS TRIGGER refresh_visits_updated;
