-- Casts, conditions, numbers, text and hashes.

-- name: case_ladder
SELECT CASE WHEN stock_level = 0 THEN 'none' WHEN stock_level < 10 THEN 'low' WHEN stock_level < 50 THEN 'fine'
    ELSE 'plenty' END AS state, count(*)
FROM inventory
GROUP BY 1
ORDER BY 1;

-- name: simple_case
SELECT store_id, CASE store_id WHEN 8 THEN 'web' WHEN 4 THEN 'east' ELSE 'west' END AS region, sum(stock_level)
FROM inventory
GROUP BY store_id
ORDER BY store_id;

-- name: coalesce_nullif
SELECT customer_id, coalesce(phone, '(no phone)') AS phone, nullif(primary_store_id, 7) AS other_store
FROM customers WHERE customer_id % 23 IN (0, 1)
ORDER BY customer_id LIMIT 40;

-- name: greatest_and_least
SELECT product_id, greatest(cost * 1.5, base_price) AS higher, least(cost, base_price, 10) AS lowest,
    base_price - cost AS margin
FROM products WHERE category_id = 7
ORDER BY product_id;

-- name: histogram_of_prices
SELECT width_bucket(base_price, 0, 500, 10) AS bucket, numrange(min(base_price), max(base_price), '[]') AS seen,
    count(*), repeat('#', count(*)::int / 5) AS bar
FROM products
GROUP BY bucket
ORDER BY bucket;

-- name: histogram_of_lines
SELECT width_bucket(total_amount, ARRAY[10, 50, 100, 500]::numeric[]) AS bucket, count(*) AS lines
FROM order_items
GROUP BY 1
ORDER BY 1;

-- name: bar_chart_of_stores
SELECT s.store_name, rpad(repeat('█', (count(*) / 2000)::int), 30, '·') AS bar, lpad(count(*)::text, 8) AS orders
FROM orders o JOIN stores s USING (store_id)
GROUP BY s.store_id, s.store_name
ORDER BY s.store_id;

-- name: money_formats
SELECT store_id, to_char(sum(total_amount), 'FM$999,999,990.00') AS money, to_char(avg(discount_percent),
    'FM990.000%') AS percent, to_char(count(*), 'FM999,999') AS lines, to_char(store_id, 'FMRN') AS roman
        FROM order_items GROUP BY store_id ORDER BY store_id;

-- name: roundings
SELECT product_id, round(base_price), ceil(base_price), floor(base_price), trunc(base_price, 1),
    base_price % 10 AS rest, div(base_price, 10) AS tens, round(base_price, -1) AS to_ten
FROM products WHERE type_id = 20
ORDER BY product_id;

-- name: numbers
SELECT abs(-5), sign(-2.5), power(2, 10), sqrt(2::numeric), cbrt(27.0::float8), mod(17, 5), gcd(84, 36), lcm(4, 6),
    factorial(6), exp(0.0), ln(1.0), log(100.0), log(2.0, 64.0), trim_scale(2.500), scale(1.25), random() < 2 AS always,
        count(*) AS stores
FROM stores;

-- name: casts
SELECT sum(quantity)::numeric(12, 2) AS pieces, CAST(count(*) AS text) || ' lines' AS lines,
    avg(quantity)::float8::numeric(6, 3) AS mean, (count(*) > 0)::int AS some, '42'::int + 1 AS number,
        int '7' AS seven, '3.50'::numeric AS price, 'yes'::boolean AS yes
FROM order_items;

-- name: text_functions
SELECT upper(store_name), lower(store_name), initcap('zava RETAIL ' || store_id), length(store_name),
    reverse(store_name), left(store_name, 4), right(store_name, -5), replace(store_name, 'Zava Retail ', ''),
        position('Retail' IN store_name), translate(store_name, 'aeiou', '*****')
FROM stores
ORDER BY store_id;

-- name: trims_and_pads
SELECT trim(BOTH ' ' FROM '  x  '), ltrim('xxabc', 'x'), rtrim('abc  '), btrim('--a--', '-'), lpad(store_id::text, 3,
    '0'), rpad(store_name, 8, '.'), overlay(store_name PLACING 'ZAVA' FROM 1 FOR 4), substring(store_name
        FROM 6 FOR 6), substr(store_name, 13) FROM stores ORDER BY store_id;

-- name: concatenations
SELECT concat(first_name, ' ', last_name, ' <', email, '>') AS address,
    concat_ws(', ', last_name, first_name, phone) AS listing, format('%s (%s)', upper(last_name), customer_id) AS label,
        format('%I', lower(last_name)) AS identifier, format('%L', last_name) AS literal
FROM customers WHERE customer_id % 997 = 0 OR customer_id % 1499 = 0
ORDER BY customer_id LIMIT 30;

-- name: hashes_of_own_data
SELECT customer_id, md5(email) AS md5, encode(sha256(convert_to(email, 'UTF8')), 'hex') AS sha,
    encode(convert_to(left(last_name, 3), 'UTF8'), 'base64') AS base64, hashtext(email) IS NOT NULL AS hashed
FROM customers
ORDER BY customer_id LIMIT 15;

-- name: pseudonymised
SELECT left(md5(customer_id::text), 8) AS person, count(*) AS orders
FROM orders WHERE order_date >= '2026-12-01'
GROUP BY customer_id
ORDER BY orders DESC, person LIMIT 20;

-- name: binary_text
SELECT decode('5a617661', 'hex') AS bytes, convert_from(decode('5a617661', 'hex'), 'UTF8') AS text,
    get_byte('\x0102'::bytea, 1) AS byte, octet_length(store_name::bytea) AS octets, ascii(store_name) AS code,
        chr(8364) AS euro
FROM stores
ORDER BY store_id LIMIT 2;

-- name: checksum_of_all_orders
SELECT sum(('x' || left(md5(o.order_id::text || o.order_date), 8))::bit(32)::bigint) AS checksum, count(*)
FROM orders o;

-- name: bits
SELECT store_id, store_id & 3 AS low, store_id | 8 AS with_eight, store_id # 5 AS flipped, ~store_id AS inverted,
    store_id << 2 AS shifted, store_id >> 1 AS halved, bit_count(store_id::bit(8)) AS ones,
        to_hex(store_id * 100) AS hex, to_bin(store_id) AS bin
FROM stores
ORDER BY store_id;

-- name: nulls_in_logic
SELECT count(*) FILTER (WHERE phone LIKE '(4%') AS four,
    count(*) FILTER (WHERE (phone LIKE '(4%') IS NOT TRUE) AS not_four,
        count(*) FILTER (WHERE (phone LIKE '(4%') IS UNKNOWN) AS unknown, num_nulls(NULL, 1, NULL) AS nulls
FROM customers;

-- name: order_with_nulls
SELECT customer_id, phone
FROM customers WHERE customer_id BETWEEN 40000 AND 40200
ORDER BY phone NULLS FIRST, customer_id DESC;

-- name: collations
SELECT last_name
FROM customers WHERE last_name COLLATE "C" < 'Aq'
GROUP BY last_name
ORDER BY last_name COLLATE "C" DESC;

-- name: unicode_text
SELECT customer_id, last_name, char_length(last_name) AS characters, octet_length(last_name) AS octets,
    normalize(last_name, NFD) IS NFD NORMALIZED AS decomposed, upper(last_name) AS upper, casefold(last_name) AS folded,
        unistr('\00e9') AS e
FROM customers WHERE last_name ~ '[^ -~]'
ORDER BY customer_id LIMIT 30;

-- name: type_names
SELECT pg_typeof(order_date)::text AS day_type, pg_typeof(count(*))::text AS count_type
FROM orders
GROUP BY order_date
ORDER BY order_date LIMIT 1;

-- name: composite_values
SELECT (c).category_name, (ROW (1, 'a', c.category_id)) IS NOT NULL AS whole FROM categories c ORDER BY (c).category_id;

-- name: whole_row
SELECT c FROM categories c ORDER BY c LIMIT 3;

-- name: uuids
SELECT store_id, rls_user_id::text AS id, left(rls_user_id::text, 8) AS short,
    rls_user_id < 'a0000000-0000-0000-0000-000000000000' AS early
FROM stores
ORDER BY rls_user_id;

-- name: discount_tiers
SELECT tier, count(*) AS lines, sum(discount_amount) AS given
FROM order_items
JOIN (VALUES (0, 0, 'none'), (1, 10, 'small'), (11, 20, 'medium'), (21, 100, 'large')) AS t (low, high,
    tier) ON discount_percent BETWEEN low AND high
GROUP BY tier
ORDER BY lines DESC, tier;

-- name: arithmetic_identity
SELECT count(*) AS lines, count(*) FILTER (WHERE total_amount <> unit_price * quantity - discount_amount) AS odd,
    max(abs(discount_amount - round(unit_price * quantity * discount_percent / 100, 2))) AS largest_difference
FROM order_items;
