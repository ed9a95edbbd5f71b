-- Days, weeks, intervals, time zones, gaps in calendars.

-- name: date_bin_of_ten_days
SELECT date_bin('10 days', order_date::timestamp, TIMESTAMP '2026-01-01') AS bin, count(*) AS orders
FROM orders WHERE order_date >= '2026-01-01'
GROUP BY bin
ORDER BY bin;

-- name: iso_weeks
SELECT extract(isoyear FROM order_date)::int AS isoyear, extract(week FROM order_date)::int AS week, count(*) AS orders
FROM orders WHERE order_date BETWEEN '2020-12-14' AND '2021-01-24'
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: every_day_of_a_fortnight
SELECT day::date, count(o.order_id) AS orders
FROM generate_series('2023-02-20'::date, '2023-03-05'::date, '1 day') AS day LEFT
JOIN orders o ON o.order_date = day::date
GROUP BY day
ORDER BY day;

-- name: store_by_month_grid
SELECT s.store_id, to_char(m.month, 'YYYY-MM') AS month, count(o.order_id) AS orders
FROM stores s CROSS JOIN generate_series(DATE '2026-01-01', DATE '2026-06-01', '1 month') AS m (month)
LEFT
JOIN orders o ON o.store_id = s.store_id AND date_trunc('month',
    o.order_date) = m.month AND o.order_date >= '2026-01-01' AND o.order_date < '2026-07-01'
GROUP BY s.store_id, m.month ORDER BY s.store_id, m.month;

-- name: age_of_a_customer
SELECT customer_id, age(TIMESTAMPTZ '2026-12-31', created_at) AS member_for,
    justify_days(DATE '2026-12-31' - created_at::date::timestamp) AS about
FROM customers
ORDER BY customer_id LIMIT 25;

-- name: fields_of_a_date
SELECT order_date, extract(dow FROM order_date) AS dow, extract(doy FROM order_date) AS doy,
    extract(decade FROM order_date) AS decade, extract(century FROM order_date) AS century,
        extract(julian FROM order_date) AS julian, extract(epoch FROM order_date) AS epoch
FROM orders ORDER BY order_date, order_id LIMIT 5;

-- name: formatted_dates
SELECT DISTINCT to_char(order_date, 'FMDay, DD Mon YYYY') AS long, to_char(order_date, 'IYYY-"W"IW-ID') AS iso,
    to_char(order_date, 'DDth "of" FMMonth') AS spoken
FROM orders WHERE order_date BETWEEN '2025-03-01' AND '2025-03-04'
ORDER BY iso;

-- name: at_time_zone
SELECT customer_id, created_at AT TIME ZONE 'America/Los_Angeles' AS local_time,
    (created_at AT TIME ZONE 'Asia/Tokyo')::date AS tokyo_day
FROM customers WHERE customer_id > 49900
ORDER BY customer_id;

-- name: local_noon
SELECT DISTINCT (order_date + TIME '12:00') AT TIME ZONE 'America/Los_Angeles' AS noon
FROM orders WHERE order_date IN ('2026-01-10', '2026-07-10')
ORDER BY 1;

-- name: intervals_added
SELECT order_id, order_date + INTERVAL '30 days' AS due, order_date - INTERVAL '1 year 2 months' AS before,
    order_date + 7 AS week_later
FROM orders WHERE order_date = '2024-02-29'
ORDER BY order_id LIMIT 50;

-- name: made_dates
SELECT y, make_date(y, 2, 28) + 1 AS day_after, extract(day FROM make_date(y, 3, 1) - 1) = 29 AS leap,
    count(o.order_id) AS orders
FROM generate_series(2020, 2026) AS y LEFT JOIN orders o ON o.order_date = make_date(y, 2, 28) + 1
GROUP BY y
ORDER BY y;

-- name: last_day_of_month
SELECT month, (month + INTERVAL '1 month' - INTERVAL '1 day')::date AS last_day, count(*) AS orders_on_it
FROM (SELECT date_trunc('month', order_date) AS month, order_date FROM orders WHERE order_date >= '2025-01-01') AS o
WHERE order_date = (month + INTERVAL '1 month' - INTERVAL '1 day')::date
GROUP BY month
ORDER BY month;

-- name: overlapping_periods
SELECT store_id, count(*)
FROM orders WHERE (order_date, order_date + 1) OVERLAPS (DATE '2024-12-30', DATE '2025-01-02')
GROUP BY store_id
ORDER BY store_id;

-- name: weekends_only
SELECT date_trunc('week', order_date)::date AS week, count(*)
FROM orders WHERE extract(isodow FROM order_date) IN (6, 7) AND order_date BETWEEN '2026-08-01' AND '2026-09-30'
GROUP BY week
ORDER BY week;

-- name: parsed_dates
SELECT to_date('24 Dec 2025', 'DD Mon YYYY') AS day, to_timestamp('2025-12-24 18:30', 'YYYY-MM-DD HH24:MI') AS moment,
    count(*) AS orders
FROM orders WHERE order_date = to_date('20251224', 'YYYYMMDD');

-- name: epoch_and_back
SELECT to_timestamp(extract(epoch FROM min(created_at))::float8) AS first_customer,
    make_timestamptz(2024, 2, 29, 12, 0, 0, 'UTC') AS leap, make_interval(days => 10, hours => 2) AS span
FROM customers;

-- name: same_day_every_year
SELECT extract(year FROM order_date)::int AS year, count(*) AS orders
FROM orders WHERE extract(month FROM order_date) = 7 AND extract(day FROM order_date) = 4
GROUP BY 1
ORDER BY 1;

-- name: fiscal_year_from_july
SELECT extract(year FROM order_date + INTERVAL '6 months')::int AS fiscal_year, count(*) AS orders
FROM orders
GROUP BY 1
ORDER BY 1;

-- name: business_days
SELECT store_id, count(DISTINCT order_date) AS days,
    21 - count(DISTINCT order_date) FILTER (WHERE extract(isodow FROM order_date) < 6) AS weekdays_without
FROM orders WHERE order_date BETWEEN '2026-02-01' AND '2026-02-28'
GROUP BY store_id
ORDER BY store_id;

-- name: long_before_now
SELECT count(*) AS orders
FROM orders WHERE order_date < current_date + INTERVAL '100 years' AND now() > TIMESTAMPTZ '2020-01-01 00:00+00';

-- name: symmetrical_between
SELECT count(*) FROM orders WHERE order_date BETWEEN SYMMETRIC '2025-12-31' AND '2025-12-01';

-- name: typed_literals
SELECT store_id, count(*)
FROM orders
WHERE order_date >= date '2026-01-01' AND order_date < timestamp '2026-01-08 00:00' AND order_date <> '2026-01-02'::date
GROUP BY store_id
ORDER BY store_id;

-- name: half_years
SELECT extract(year FROM order_date)::int || CASE WHEN extract(month FROM order_date) <= 6 THEN 'H1'
    ELSE 'H2' END AS half, count(*)
FROM orders
GROUP BY 1
ORDER BY 1;

-- name: signup_to_first_order
SELECT days, count(*) AS customers
FROM (SELECT c.customer_id, min(o.order_date) - c.created_at::date AS days FROM customers c
    JOIN orders o USING (customer_id) WHERE c.customer_id <= 20000 GROUP BY c.customer_id) AS d
GROUP BY days
ORDER BY customers DESC, days LIMIT 15;

-- name: first_monday_of_each_month
SELECT day::date, count(o.order_id) AS orders
FROM generate_series(DATE '2025-01-01', DATE '2025-12-31', INTERVAL '1 day') AS day LEFT
JOIN orders o ON o.order_date = day
WHERE extract(isodow FROM day) = 1 AND extract(day FROM day) <= 7 GROUP BY day ORDER BY day;

-- name: truncated_with_zone
SELECT date_trunc('day', created_at, 'America/New_York') AS day_in_new_york, count(*)
FROM customers WHERE created_at < '2020-02-01'
GROUP BY 1
ORDER BY 1;

-- name: infinity_is_later
SELECT count(*) FILTER (WHERE order_date < 'infinity'::date) AS finite, bool_and(isfinite(order_date)) AS all_finite
FROM orders;

-- name: date_arithmetic_functions
SELECT date_add(TIMESTAMPTZ '2026-03-07 12:00 America/Los_Angeles', INTERVAL '1 day',
    'America/Los_Angeles') AS after_the_change,
        date_subtract(max(created_at), INTERVAL '1 month', 'UTC') AS month_before,
        date_part('hour', max(created_at)) AS hour
FROM customers;
