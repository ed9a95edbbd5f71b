-- Embeddings of several models side by side: one model is served, the next one's are made meanwhile. And the queue of
-- products whose embedding is to be made.

CREATE TABLE ops.served_model (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    model text NOT NULL CHECK (length(model) BETWEEN 1 AND 200),
    served_since timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ops.served_model IS 'The model whose embeddings callers search. No row before the first embedding.';

-- As ever, one row a product loads with the original's columns alone; functions/served_model.sql says which model it is
-- then. Without a hash it is made anew at the next refresh, for nobody knows what text it is of.
ALTER TABLE retail.product_description_embeddings
    ADD COLUMN model text NOT NULL DEFAULT 'unknown' CHECK (length(model) BETWEEN 1 AND 200),
    ADD COLUMN content_hash bytea CHECK (length(content_hash) = 32),
    ADD COLUMN embedded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    DROP CONSTRAINT product_description_embeddings_pkey,
    ADD PRIMARY KEY (product_id, model);
COMMENT ON COLUMN retail.product_description_embeddings.model IS 'The model that made the vector.';
COMMENT ON COLUMN retail.product_description_embeddings.content_hash IS 'SHA-256 of the text that was embedded.';
COMMENT ON COLUMN retail.product_description_embeddings.embedded_at IS 'When the vector was made (UTC).';

-- A vector fills a page. Beside the row it would be looked up and put together from four pieces for each comparison.
ALTER TABLE retail.product_description_embeddings ALTER COLUMN description_embedding SET STORAGE PLAIN;

CREATE VIEW ops.embedding_texts WITH (security_invoker = true) AS
SELECT product_id, text, sha256(convert_to(text, 'UTF8')) AS content_hash
FROM retail.products
CROSS JOIN LATERAL (SELECT product_description || ' ' || product_name) AS embedded (text);
COMMENT ON VIEW ops.embedding_texts IS 'What is embedded of each product. Another definition makes all embeddings anew.';

CREATE TABLE ops.embedding_queue (
    product_id integer PRIMARY KEY REFERENCES retail.products ON DELETE CASCADE,
    claim bigint NOT NULL DEFAULT 0,
    queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    refused_by text
);
CREATE INDEX embedding_queue_by_due ON ops.embedding_queue (due_at, product_id);
COMMENT ON TABLE ops.embedding_queue IS 'Products whose embedding is missing or older than their text.';
COMMENT ON COLUMN ops.embedding_queue.claim IS
    'Counts who took the row and each change of the text: what is made under another number is not stored.';
COMMENT ON COLUMN ops.embedding_queue.queued_at IS 'The oldest change that is not embedded yet.';
COMMENT ON COLUMN ops.embedding_queue.due_at IS 'When the row may be taken: now, behind a lease, or after a failure.';
COMMENT ON COLUMN ops.embedding_queue.attempts IS 'How often it was taken since the text changed.';
COMMENT ON COLUMN ops.embedding_queue.refused_by IS 'A model that does not take this text; a change of it is tried again.';

-- Approximate; functions/products_by_meaning.sql says when it is used. With pgvector's usual m = 16 and
-- ef_construction = 64 it found 938 of 1,000 nearest among 50,000 products, with these 997; it takes longer to make.
CREATE INDEX product_description_embeddings_by_distance ON retail.product_description_embeddings
    USING hnsw (description_embedding extensions.vector_cosine_ops) WITH (m = 32, ef_construction = 200);
