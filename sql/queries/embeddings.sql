-- As zava_jobs. What a worker takes is its own until it is due again; a row's claim says whether that still holds.

-- name: serve_first
-- With nothing to serve yet, some embeddings are better than none.
INSERT INTO ops.served_model (model) VALUES (%(model)s) ON CONFLICT (only_row) DO NOTHING;

-- name: queue_missing
-- What no trigger has seen: another model, rows from a backup, triggers that were switched off.
INSERT INTO ops.embedding_queue (product_id)
SELECT wanted.product_id
FROM ops.embedding_texts AS wanted
LEFT JOIN retail.product_description_embeddings AS made ON made.product_id = wanted.product_id AND made.model = %(model)s
WHERE made.content_hash IS DISTINCT FROM wanted.content_hash
ON CONFLICT (product_id) DO NOTHING;

-- name: forget_current
-- Queued twice, by the trigger and above, or changed and changed back.
DELETE FROM ops.embedding_queue AS queued
USING ops.embedding_texts AS wanted, retail.product_description_embeddings AS made
WHERE wanted.product_id = queued.product_id
    AND made.product_id = queued.product_id
    AND made.model = %(model)s
    AND made.content_hash = wanted.content_hash;

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
settled AS (
    DELETE FROM ops.embedding_queue AS queued USING made
    WHERE queued.product_id = made.product_id AND queued.claim = made.claim
    RETURNING made.product_id, made.content_hash, made.vector
)
INSERT INTO retail.product_description_embeddings AS kept (product_id, model, content_hash, description_embedding)
SELECT product_id, %(model)s, content_hash, vector FROM settled
ON CONFLICT (product_id, model) DO UPDATE SET
    content_hash = excluded.content_hash,
    description_embedding = excluded.description_embedding,
    embedded_at = excluded.embedded_at;

-- name: postpone
-- Seconds double with each attempt up to ten minutes, and spread.
UPDATE ops.embedding_queue AS queued
SET due_at = clock_timestamp() + make_interval(
    secs => greatest(%(seconds)s, least(600, 2.5 * 2 ^ least(attempts, 10)) * (0.75 + random() / 2))
)
FROM unnest(%(product_ids)s::integer[], %(claims)s::bigint[]) AS taken (product_id, claim)
WHERE queued.product_id = taken.product_id AND queued.claim = taken.claim;

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
