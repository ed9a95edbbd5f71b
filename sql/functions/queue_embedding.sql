-- Queues a product whose text is new. What is being made of an older text loses its claim.
CREATE OR REPLACE FUNCTION ops.queue_embedding()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER -- whoever may write products need not write the queue
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO ops.embedding_queue AS queued (product_id) VALUES (NEW.product_id)
    ON CONFLICT (product_id) DO UPDATE
        SET claim = queued.claim + 1, due_at = excluded.due_at, attempts = 0, refused_by = NULL;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION ops.queue_embedding() IS 'Trigger of retail.products.';

CREATE OR REPLACE TRIGGER queue_embedding AFTER INSERT OR UPDATE OF product_name, product_description
    ON retail.products FOR EACH ROW EXECUTE FUNCTION ops.queue_embedding();

-- As in refresh_visits.sql.
ALTER TABLE retail.products ENABLE ALWAYS TRIGGER queue_embedding;
