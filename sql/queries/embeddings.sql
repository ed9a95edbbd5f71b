-- As zava_jobs. What a worker takes is its own until it is due again; a row's claim says whether that still holds.
-- Who writes products locks rows of the queue in any order, and must not fail for a worker's sake: no statement of a
-- worker waits for one of them while it holds others. What is locked is about to change, so it is passed over.

-- name: serve_first
-- With nothing to serve yet, some embeddings are better than none.
INSERT INTO ops.served_model (model) VALUES (%(model)s) ON CONFLICT (only_row) DO NOTHING;

-- name: missing
-- What no trigger has seen: another model, rows from a backup, triggers that were switched off.
SELECT wanted.product_id
FROM ops.embedding_texts AS wanted
LEFT JOIN retail.product_description_embeddings AS made ON made.product_id = wanted.product_id AND made.model = %(model)s
LEFT JOIN ops.embedding_queue AS queued ON queued.product_id = wanted.product_id
WHERE made.content_hash IS DISTINCT FROM wanted.content_hash AND queued.product_id IS NULL
ORDER BY wanted.product_id;

-- name: queue_one
INSERT INTO ops.embedding_queue (product_id)
SELECT product_id FROM ops.embedding_texts WHERE product_id = %(product_id)s -- unless it is gone
ON CONFLICT (product_id) DO NOTHING;

-- name: forget_current
-- Queued twice, by the trigger and above, or changed and changed back.
WITH current AS (
    SELECT queued.product_id
    FROM ops.embedding_queue AS queued
    JOIN ops.embedding_texts AS wanted USING (product_id)
    JOIN retail.product_description_embeddings AS made USING (product_id)
    WHERE made.model = %(model)s AND made.content_hash = wanted.content_hash
    FOR UPDATE OF queued SKIP LOCKED
)
DELETE FROM ops.embedding_queue AS queued USING current WHERE queued.product_id = current.product_id;

-- name: claim
WITH due AS (
    SELECT product_id FROM ops.embedding_queue
    WHERE due_at <= clock_timestamp() AND refused_by IS DISTINCT FROM %(model)s
    ORDER BY due_at, product_id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)
UPDATE ops.embedding_queue AS queued
SET claim = claim + 1, attempts = attempts + 1, due_at = clock_timestamp() + %(lease)s
FROM due
JOIN ops.embedding_texts AS wanted USING (product_id)
WHERE queued.product_id = due.product_id
    -- Another worker may have stored it between its being queued and now.
    AND NOT EXISTS (
        SELECT FROM retail.product_description_embeddings AS made
        WHERE made.product_id = due.product_id AND made.model = %(model)s AND made.content_hash = wanted.content_hash
    )
RETURNING queued.product_id, queued.claim, wanted.text, wanted.content_hash;

-- name: store
WITH made AS (
    SELECT * FROM unnest(
        %(product_ids)s::integer[], %(claims)s::bigint[], %(hashes)s::bytea[], %(vectors)b::extensions.vector[]
    ) AS made (product_id, claim, content_hash, vector)
),
held AS (
    SELECT made.* FROM made
    JOIN ops.embedding_queue AS queued USING (product_id, claim)
    FOR UPDATE OF queued SKIP LOCKED
),
settled AS (
    DELETE FROM ops.embedding_queue AS queued USING held
    WHERE queued.product_id = held.product_id
    RETURNING held.product_id, held.content_hash, held.vector
)
INSERT INTO retail.product_description_embeddings AS kept (product_id, model, content_hash, description_embedding)
SELECT product_id, %(model)s, content_hash, vector FROM settled
ON CONFLICT (product_id, model) DO UPDATE SET
    content_hash = excluded.content_hash,
    description_embedding = excluded.description_embedding,
    embedded_at = excluded.embedded_at;

-- name: postpone
-- Seconds double with each attempt up to ten minutes, and spread.
WITH held AS (
    SELECT queued.product_id
    FROM unnest(%(product_ids)s::integer[], %(claims)s::bigint[]) AS taken (product_id, claim)
    JOIN ops.embedding_queue AS queued USING (product_id, claim)
    FOR UPDATE OF queued SKIP LOCKED
)
UPDATE ops.embedding_queue AS queued
SET due_at = clock_timestamp() + make_interval(
    secs => greatest(%(seconds)s, least(600, 2.5 * 2 ^ least(attempts, 10)) * (0.75 + random() / 2))
)
FROM held
WHERE queued.product_id = held.product_id;

-- name: refuse
UPDATE ops.embedding_queue SET refused_by = %(model)s WHERE product_id = %(product_id)s AND claim = %(claim)s;

-- name: serve
-- Once every product has its embedding of this model; those whose text the service does not take are not waited for.
UPDATE ops.served_model SET model = %(model)s, served_since = clock_timestamp()
WHERE model <> %(model)s AND NOT EXISTS (
    SELECT FROM ops.embedding_texts AS wanted
    LEFT JOIN retail.product_description_embeddings AS made
        ON made.product_id = wanted.product_id AND made.model = %(model)s
    LEFT JOIN ops.embedding_queue AS queued ON queued.product_id = wanted.product_id
    WHERE made.content_hash IS DISTINCT FROM wanted.content_hash AND queued.refused_by IS DISTINCT FROM %(model)s
);

-- name: forget_models
-- A day behind the change, so that a deploy that is taken back finds its embeddings.
DELETE FROM retail.product_description_embeddings
WHERE (product_id, model) IN (
    SELECT product_id, model FROM retail.product_description_embeddings
    WHERE model NOT IN (%(model)s, access.served_model())
        AND (SELECT served_since FROM ops.served_model) < clock_timestamp() - %(kept)s
    LIMIT 1000
);

-- name: progress
SELECT
    access.served_model() AS served,
    count(*) FILTER (WHERE NOT refused) AS waiting,
    count(*) FILTER (WHERE refused) AS refused,
    extract(epoch FROM clock_timestamp() - min(queued_at) FILTER (WHERE NOT refused))::float AS oldest_seconds,
    extract(epoch FROM min(due_at) FILTER (WHERE NOT refused) - clock_timestamp())::float AS next_due_seconds
FROM ops.embedding_queue
CROSS JOIN LATERAL (SELECT refused_by IS NOT DISTINCT FROM %(model)s) AS state (refused);
