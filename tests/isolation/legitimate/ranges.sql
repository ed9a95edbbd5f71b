-- Ranges and multiranges.

-- name: day_in_range
SELECT store_id, count(*)
FROM orders WHERE order_date <@ daterange('2024-11-25', '2024-12-02')
GROUP BY store_id
ORDER BY store_id;

-- name: price_bands
SELECT band, count(*) AS products
FROM (VALUES (numrange(0, 10)), (numrange(10, 100)), (numrange(100, NULL))) AS b (band)
JOIN products ON band @> base_price
GROUP BY band
ORDER BY lower(band);

-- name: days_covered_as_ranges
SELECT range_agg(daterange(order_date, order_date, '[]')) AS open_days
FROM (SELECT DISTINCT order_date FROM orders
    WHERE store_id = 7 AND order_date BETWEEN '2026-05-01' AND '2026-06-15') AS d;

-- name: closed_days_as_ranges
SELECT unnest(datemultirange(daterange('2025-01-01', '2025-02-01')) - range_agg(daterange(order_date,
    order_date + 1))) AS closed
FROM orders
WHERE store_id IN (6, 7) AND customer_id % 2 = 0 AND order_date >= '2025-01-01' AND order_date < '2025-02-01'
ORDER BY 1;

-- name: customer_lifetimes
SELECT customer_id, daterange(min(order_date), max(order_date), '[]') AS lifetime,
    upper(daterange(min(order_date), max(order_date), '[]')) - min(order_date) AS days
FROM orders WHERE customer_id BETWEEN 4000 AND 4080 GROUP BY customer_id ORDER BY customer_id;

-- name: campaigns_that_overlap
SELECT a.name, b.name AS other, a.days * b.days AS common
FROM (VALUES ('spring', daterange('2025-03-01', '2025-04-15')), ('easter', daterange('2025-04-10', '2025-04-25')),
    ('summer', daterange('2025-06-01', '2025-09-01'))) AS a (name, days)
JOIN (VALUES ('paint', daterange('2025-03-15', '2025-06-15')),
    ('garden', daterange('2025-05-01', '2025-08-01'))) AS b (name, days) ON a.days && b.days
ORDER BY 1, 2;

-- name: orders_in_campaigns
SELECT c.name, count(o.order_id) AS orders
FROM (VALUES ('memorial', daterange('2026-05-22', '2026-05-26')), ('labor', daterange('2026-09-04', '2026-09-08')),
    ('black friday', '[2026-11-27,2026-11-30]'::daterange)) AS c (name, days)
LEFT JOIN orders o ON o.order_date <@ c.days GROUP BY c.name ORDER BY c.name;

-- name: range_functions
SELECT isempty(int4range(5, 5)) AS empty, lower_inc(r) AS includes_lower, upper_inf(r) AS endless,
    r -|- int4range(0, 1) AS adjacent, range_merge(r, int4range(-5, -3)) AS hull
FROM (SELECT int4range(min(product_id), NULL) AS r FROM products) AS x;

-- name: range_intersection
SELECT range_intersect_agg(daterange(first_day, last_day, '[]')) AS all_active
FROM (SELECT store_id, min(order_date) AS first_day, max(order_date) AS last_day FROM orders GROUP BY store_id) AS s;

-- name: timestamps_in_a_range
SELECT count(*) FROM customers WHERE created_at <@ tstzrange('2022-01-01 00:00+00', '2022-07-01 00:00+00');
