-- A customer's primary store is no visit: counts anew when it changes.
CREATE OR REPLACE FUNCTION access.recount_visits()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write customers need not see or write access.visits
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM access.visits WHERE customer_id = NEW.customer_id;
    INSERT INTO access.visits (store_id, customer_id, orders)
    SELECT store_id, customer_id, count(*)
    FROM retail.orders
    WHERE customer_id = NEW.customer_id AND store_id <> NEW.primary_store_id
    GROUP BY store_id, customer_id;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION access.recount_visits() IS 'Trigger of retail.customers.';

CREATE OR REPLACE TRIGGER recount_visits AFTER UPDATE OF primary_store_id ON retail.customers
    FOR EACH ROW WHEN (OLD.primary_store_id <> NEW.primary_store_id) EXECUTE FUNCTION access.recount_visits();

ALTER TABLE retail.customers ENABLE ALWAYS TRIGGER recount_visits; -- as in count_visits.sql
