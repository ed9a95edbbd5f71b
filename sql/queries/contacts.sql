-- name: granted
-- What the caller may open of the tokens in a result: of customers whom it sees, with which wrapped keys.
SELECT
    ARRAY(
        SELECT customer_id FROM retail.customers
        WHERE contacts.shown AND customer_id = ANY (%(customers)s::integer[])
    ) AS customers,
    ARRAY(
        SELECT ARRAY[key_id::text, kid, encode(wrapped, 'hex')]
        FROM access.field_keys(%(keys)s::integer[])
    ) AS keys
FROM (SELECT access.sees_contacts() AS shown OFFSET 0) AS contacts;
