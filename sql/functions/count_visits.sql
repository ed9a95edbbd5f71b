-- Keeps access.visits true to the orders. Counted rather than looked up, so that writers who meet on one customer wait
-- for each other on its row instead of overwriting what the other has seen.
CREATE OR REPLACE FUNCTION access.count_visits()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write orders need not see or write access.visits
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE access.visits;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE access.visits SET orders = visits.orders - gone.orders
        FROM (SELECT store_id, customer_id, count(*) AS orders FROM old_orders GROUP BY store_id, customer_id) AS gone
        WHERE visits.store_id = gone.store_id AND visits.customer_id = gone.customer_id;
        DELETE FROM access.visits USING old_orders AS gone
        WHERE visits.orders = 0 AND visits.store_id = gone.store_id AND visits.customer_id = gone.customer_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO access.visits (store_id, customer_id, orders)
        SELECT new_orders.store_id, new_orders.customer_id, count(*)
        FROM new_orders
        JOIN retail.customers AS customer USING (customer_id)
        WHERE new_orders.store_id <> customer.primary_store_id
        GROUP BY new_orders.store_id, new_orders.customer_id
        ORDER BY new_orders.store_id, new_orders.customer_id
        ON CONFLICT (store_id, customer_id) DO UPDATE SET orders = visits.orders + excluded.orders;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION access.count_visits() IS 'Trigger of retail.orders.';

CREATE OR REPLACE TRIGGER count_visits_inserted AFTER INSERT ON retail.orders
    REFERENCING NEW TABLE AS new_orders FOR EACH STATEMENT EXECUTE FUNCTION access.count_visits();
CREATE OR REPLACE TRIGGER count_visits_updated AFTER UPDATE ON retail.orders
    REFERENCING OLD TABLE AS old_orders NEW TABLE AS new_orders FOR EACH STATEMENT EXECUTE FUNCTION access.count_visits();
CREATE OR REPLACE TRIGGER count_visits_deleted AFTER DELETE ON retail.orders
    REFERENCING OLD TABLE AS old_orders FOR EACH STATEMENT EXECUTE FUNCTION access.count_visits();
CREATE OR REPLACE TRIGGER count_visits_truncated AFTER TRUNCATE ON retail.orders
    FOR EACH STATEMENT EXECUTE FUNCTION access.count_visits();

-- Also for who loads rows as a replica would: what is seen must not depend on how it came.
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER count_visits_inserted;
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER count_visits_updated;
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER count_visits_deleted;
ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER count_visits_truncated;
