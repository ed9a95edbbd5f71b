-- Of `python -m shared encrypt-fields`, as zava_owner.

-- name: lock
SELECT pg_try_advisory_lock(%(lock)s);

-- name: unlock
SELECT pg_advisory_unlock(%(lock)s);

-- name: keys
SELECT key_id, kid, wrapped, retired_at IS NOT NULL AS retired FROM ops.field_keys ORDER BY key_id;

-- name: add_key
INSERT INTO ops.field_keys (key_id, wrapped, kid) VALUES (%(key_id)s, %(wrapped)s, %(kid)s);

-- name: rewrap
UPDATE ops.field_keys SET wrapped = %(wrapped)s, kid = %(kid)s WHERE key_id = %(key_id)s;

-- name: retire
-- Keys that no row uses, but the one to encrypt with.
UPDATE ops.field_keys AS key SET retired_at = clock_timestamp()
WHERE retired_at IS NULL AND key_id <> %(current)s
    AND NOT EXISTS (
        SELECT FROM retail.customers
        WHERE starts_with(email, 'zenc1.email.' || key.key_id || '.')
            OR starts_with(phone, 'zenc1.phone.' || key.key_id || '.')
    )
RETURNING key_id;

-- name: stored
-- How many values there are of each key; 0 is plain text.
SELECT coalesce(substring(value FROM '^zenc1\.(?:email|phone)\.([1-9][0-9]{0,8})\.')::integer, 0) AS key_id, count(*)
FROM retail.customers, LATERAL (VALUES (email), (phone)) AS field (value)
WHERE value IS NOT NULL
GROUP BY 1
ORDER BY 1;

-- name: rows_to_encrypt
-- Locked in order, so that two who do so wait and do not deadlock; orders of these customers may be written meanwhile.
SELECT customer_id, email, phone FROM retail.customers
WHERE customer_id > %(after)s
    AND (NOT starts_with(email, %(email)s) OR NOT starts_with(phone, %(phone)s))
ORDER BY customer_id
LIMIT %(batch)s
FOR NO KEY UPDATE;

-- name: rows_to_decrypt
SELECT customer_id, email, phone FROM retail.customers
WHERE customer_id > %(after)s AND (starts_with(email, %(email)s) OR starts_with(phone, %(phone)s))
ORDER BY customer_id
LIMIT %(batch)s
FOR NO KEY UPDATE;

-- name: store
UPDATE retail.customers AS customer SET email = new.email, phone = new.phone
FROM unnest(%(customer_ids)s::integer[], %(emails)s::text[], %(phones)s::text[]) AS new (customer_id, email, phone)
WHERE customer.customer_id = new.customer_id;

-- name: clean
-- The former rows go at once. What they held stays in the pages until it is written over; VACUUM FULL leaves none.
VACUUM (SKIP_LOCKED) retail.customers;
