SELECT 1
SELECT store_id, count(*) FROM retail.orders GROUP BY store_id
SELECT * FROM orders LIMIT 5
select "store_name" from "retail"."stores"
TABLE stores
TABLE retail.categories LIMIT 3
VALUES (1, 'a'), (2, 'b')
VALUES (1), (2) ORDER BY 1 DESC LIMIT 1
(SELECT 1)
(SELECT 1) UNION (SELECT 2) ORDER BY 1
SELECT 1;
-- a comment first; DROP TABLE orders
SELECT /* a comment /* in a comment */ with pg_sleep(1) */ 1
SELECT 1 -- pg_sleep((((((
SELECT 'DROP TABLE orders; SELECT pg_sleep(10)' AS attack
SELECT $$pg_read_file('/etc/passwd')$$ AS text, $tag$ '; DELETE FROM orders $$ $tag$ AS other
SELECT E'it\'s \\ (((', U&'d\0061t\+000061', U&'d!0061t' UESCAPE '!', B'101', X'1F', N'text'
SELECT 'one' AS part WHERE false
SELECT s.store_name, o.order_date FROM retail.orders AS o JOIN retail.stores AS s USING (store_id) LIMIT 5
SELECT s.store_name FROM stores s LEFT JOIN inventory i ON i.store_id = s.store_id AND i.stock_level = 0 WHERE i.product_id IS NULL
SELECT * FROM stores NATURAL JOIN inventory LIMIT 1
SELECT * FROM stores CROSS JOIN categories LIMIT 3
SELECT a.store_id FROM stores a FULL JOIN stores b ON a.store_id = b.store_id
SELECT retail.orders.order_id FROM retail.orders LIMIT 1
SELECT o FROM orders o LIMIT 1
SELECT (o).order_id, (o).* FROM (SELECT o FROM orders o LIMIT 1) x
SELECT o.* FROM orders o LIMIT 1
SELECT orders.order_id FROM orders, LATERAL (SELECT sum(total_amount) AS total FROM order_items i WHERE i.order_id = orders.order_id AND i.store_id = orders.store_id) AS t LIMIT 3
SELECT p.product_name, r.average FROM products p JOIN LATERAL (SELECT avg(quantity) AS average FROM order_items i WHERE i.product_id = p.product_id) r ON true LIMIT 2
WITH a AS (SELECT 1 AS n) SELECT n FROM a
WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS m FROM a) SELECT a.n, b.m FROM a, b
WITH a AS MATERIALIZED (SELECT store_id FROM stores), b AS NOT MATERIALIZED (SELECT * FROM a) SELECT * FROM b
WITH pg_class AS (SELECT 1 AS n) SELECT n FROM pg_class
WITH orders AS (SELECT * FROM retail.orders LIMIT 2) SELECT count(*) FROM orders
WITH orders AS (SELECT * FROM orders LIMIT 2) SELECT count(*) FROM orders
WITH a AS (WITH b AS (SELECT 1 AS n) SELECT n FROM b) SELECT (WITH c AS (SELECT n FROM a) SELECT n FROM c)
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t
WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT (n + 1) % 5 FROM t) SELECT n FROM t
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t LIMIT 5
WITH RECURSIVE d(day) AS (SELECT min(order_date) FROM orders UNION ALL SELECT day + 1 FROM d WHERE day < DATE '2020-01-10') SELECT * FROM d
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SEARCH DEPTH FIRST BY n SET place SELECT * FROM t ORDER BY place
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n % 3 + 1 FROM t) CYCLE n SET is_cycle USING path SELECT * FROM t
WITH RECURSIVE tree AS (SELECT category_id AS id, category_name AS name FROM categories UNION ALL SELECT -type_id, type_name FROM product_types JOIN tree ON tree.id = product_types.category_id) SELECT count(*) FROM tree
SELECT order_date, count(*) OVER (PARTITION BY store_id ORDER BY order_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM orders LIMIT 3
SELECT store_id, rank() OVER w, dense_rank() OVER w, row_number() OVER w, ntile(4) OVER w FROM inventory WINDOW w AS (ORDER BY stock_level DESC) LIMIT 3
SELECT store_id, lag(order_date) OVER w, lead(order_date, 1) OVER w, first_value(order_date) OVER w, last_value(order_date) OVER w, nth_value(order_date, 2) OVER w FROM orders WINDOW w AS (PARTITION BY store_id ORDER BY order_date RANGE BETWEEN INTERVAL '7 days' PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) LIMIT 3
SELECT cume_dist() OVER (ORDER BY base_price), percent_rank() OVER (ORDER BY base_price) FROM products LIMIT 3
SELECT sum(sum(total_amount)) OVER (ORDER BY store_id) FROM order_items GROUP BY store_id
SELECT category_id, type_id, count(*), GROUPING(category_id, type_id) FROM products GROUP BY GROUPING SETS ((category_id), (type_id), ())
SELECT category_id, type_id, count(*) FROM products GROUP BY CUBE (category_id, type_id) LIMIT 5
SELECT category_id, type_id, count(*) FROM products GROUP BY ROLLUP (category_id, type_id) HAVING count(*) > 1 LIMIT 5
SELECT category_id, count(*) FROM products GROUP BY DISTINCT ROLLUP (category_id), ROLLUP (category_id)
SELECT DISTINCT ON (store_id) store_id, order_date FROM orders ORDER BY store_id, order_date DESC
SELECT DISTINCT store_id FROM orders
SELECT count(DISTINCT customer_id) FROM orders
SELECT store_id, count(*) FILTER (WHERE order_date >= DATE '2024-01-01') AS y24, count(*) FILTER (WHERE order_date < DATE '2024-01-01') AS before FROM orders GROUP BY store_id
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total_amount), percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY total_amount), mode() WITHIN GROUP (ORDER BY quantity) FROM order_items
SELECT string_agg(DISTINCT store_name, ', ' ORDER BY store_name) FROM stores
SELECT array_agg(store_id ORDER BY store_id DESC), json_agg(store_name), jsonb_object_agg(store_id, store_name) FROM stores
SELECT avg(cost), min(cost), max(cost), sum(cost), stddev(cost), variance(cost), corr(cost, base_price), regr_slope(cost, base_price), covar_pop(cost, base_price) FROM products
SELECT bool_and(is_online), bool_or(is_online), every(is_online), any_value(store_name), bit_or(store_id) FROM stores
SELECT rank(5) WITHIN GROUP (ORDER BY quantity) FROM order_items
SELECT store_id FROM orders UNION ALL SELECT store_id FROM inventory LIMIT 3
SELECT store_id FROM stores EXCEPT SELECT store_id FROM orders INTERSECT ALL SELECT store_id FROM inventory
SELECT order_id FROM orders ORDER BY order_date DESC NULLS LAST OFFSET 2 ROWS FETCH FIRST 3 ROWS ONLY
SELECT store_id FROM orders ORDER BY store_id FETCH FIRST 1 ROW WITH TIES
SELECT product_id FROM products ORDER BY product_name USING <
SELECT product_id FROM products ORDER BY product_name COLLATE "C", cost OFFSET 1 LIMIT ALL
SELECT * FROM orders TABLESAMPLE SYSTEM (1) REPEATABLE (1) LIMIT 1
SELECT count(*) FROM ONLY orders AS o TABLESAMPLE BERNOULLI (0.5)
SELECT product_name FROM products ORDER BY random() LIMIT 3
SELECT store_id, random() AS draw FROM stores
SELECT random(1, 6)
WITH picked AS (SELECT product_id FROM products ORDER BY random() LIMIT 3) SELECT * FROM products WHERE product_id IN (SELECT product_id FROM picked)
SELECT * FROM (SELECT product_id, row_number() OVER (PARTITION BY category_id ORDER BY random()) AS place FROM products) AS s WHERE place = 1
SELECT * FROM products WHERE product_name ILIKE '%hammer%' AND product_name NOT LIKE 'X\_%' ESCAPE '\'
SELECT * FROM products WHERE product_name LIKE '%' || lower('HAMMER') || '%' LIMIT 1
SELECT * FROM products WHERE product_name SIMILAR TO '%(hammer|saw)%' LIMIT 1
SELECT * FROM products WHERE product_name ~* '^(claw|ball)\s+hammer' LIMIT 1
SELECT regexp_replace(product_name, '(\w+)\s(\w+)', '\2 \1', 'g'), regexp_match(sku, '[A-Z]{2,4}'), regexp_count(product_name, 'a'), regexp_split_to_array(product_name, '\s+') FROM products LIMIT 1
SELECT substring(product_name FROM 1 FOR 3), substring(product_name FROM '^\w+'), substring(product_name, 2), overlay(sku PLACING 'X' FROM 1 FOR 1), position('a' IN product_name), trim(BOTH ' ' FROM product_name), trim(product_name) FROM products LIMIT 1
SELECT upper(sku), lower(sku), initcap(sku), length(sku), char_length(sku), reverse(sku), left(sku, 2), right(sku, 2), lpad(sku, 10, '0'), rpad(sku, 10), repeat('*', 5), replace(sku, 'A', 'B'), split_part(sku, '-', 1), translate(sku, 'AB', 'ab'), strpos(sku, 'A'), starts_with(sku, 'A'), md5(sku), concat(sku, 1), concat_ws('-', sku, 1), format('%s: %5s', sku, cost), ascii(sku), chr(65), casefold(sku) FROM products LIMIT 1
SELECT abs(-1), ceil(1.2), floor(1.8), round(1.25, 1), trunc(1.9), mod(7, 3), power(2, 3), sqrt(4), exp(1), ln(2), log(10), sign(-2), gcd(4, 6), lcm(4, 6), pi(), degrees(1), sin(1), width_bucket(5, 0, 10, 5), div(7, 2), factorial(5), greatest(1, 2), least(1, 2), 2 ^ 3, |/ 4, @ -1, 7 % 3, 1 << 2, 5 & 3, ~1
SELECT now(), CURRENT_DATE, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP(2), LOCALTIME, LOCALTIMESTAMP, CURRENT_TIME
SELECT date_trunc('month', order_date), extract(year FROM order_date), date_part('dow', order_date), to_char(order_date, 'YYYY-MM'), age(order_date), order_date + 7, order_date - INTERVAL '1 month', order_date - DATE '2020-01-01', date_bin('7 days', order_date, TIMESTAMP '2020-01-01') FROM orders LIMIT 1
SELECT make_date(2024, 1, 2), make_interval(days => 3), to_date('2024-01-02', 'YYYY-MM-DD'), to_timestamp(0), justify_days(INTERVAL '40 days'), now() AT TIME ZONE 'America/Los_Angeles', timezone('UTC', now()), INTERVAL '1' YEAR, INTERVAL '1-2' YEAR TO MONTH, isfinite(now())
SELECT (DATE '2024-01-01', DATE '2024-02-01') OVERLAPS (DATE '2024-01-15', INTERVAL '10 days')
SELECT day::date, count(order_id) FROM generate_series(DATE '2024-01-01', DATE '2024-01-31', INTERVAL '1 day') AS day LEFT JOIN orders ON order_date = day GROUP BY day ORDER BY day
SELECT n FROM generate_series(1, 10, 2) AS n
SELECT generate_series(10, 1, -1)
SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS g(value, place)
SELECT * FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY['a', 'b'])) AS r(n, letter)
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) AS t(n, letter)
SELECT ARRAY[1, 2, 3] @> ARRAY[1], (ARRAY[1, 2, 3])[2], (ARRAY[1, 2, 3])[1:2], array_length(ARRAY[1], 1), cardinality('{1,2}'::int[]), array_to_string(ARRAY['a'], ','), string_to_array('a,b', ','), array_position(ARRAY[1], 1), 1 = ANY (ARRAY[1]), 1 <> ALL ('{2}'), ARRAY[1] || 2, ARRAY(SELECT store_id FROM stores), array_remove(ARRAY[1], 1), array_fill(0, ARRAY[3, 3])
SELECT '{"a": {"b": [1, 2]}}'::jsonb -> 'a' ->> 'b', '{"a": 1}'::jsonb #>> '{a}', '{"a": 1}'::jsonb @> '{"a": 1}', '{"a": 1}'::jsonb ? 'a', ('{"a": 1}'::jsonb)['a'], jsonb_path_query('{"a": [1]}', '$.a[*]'), '[1]'::jsonb @? '$[*]'
SELECT key, value FROM jsonb_each('{"a": 1, "b": 2}')
SELECT * FROM jsonb_to_recordset('[{"a": 1, "b": "x"}]') AS r(a int, b text)
SELECT jsonb_build_object('id', store_id, 'name', store_name), to_jsonb(s), row_to_json(s), jsonb_set('{"a": 1}', '{a}', '2'), jsonb_pretty('{}'), jsonb_array_length('[1]'), jsonb_typeof('1') FROM stores s LIMIT 1
SELECT JSON_OBJECT('a': 1 RETURNING jsonb), JSON_ARRAY(1, 2), JSON_OBJECTAGG(store_id: store_name), JSON_ARRAYAGG(store_name ORDER BY store_id RETURNING jsonb) FROM stores
SELECT JSON_VALUE(jsonb '{"a": 1}', '$.a' RETURNING int DEFAULT 0 ON ERROR), JSON_QUERY(jsonb '[1]', '$' WITH WRAPPER), JSON_EXISTS(jsonb '{}', '$.a'), '1' IS JSON, JSON('1'), JSON_SCALAR(1), JSON_SERIALIZE('1'), JSON_ARRAY(SELECT 1)
SELECT * FROM JSON_TABLE(jsonb '[{"a": 1, "c": [1]}]', '$[*]' PASSING 1 AS x COLUMNS (n FOR ORDINALITY, a int PATH '$.a', b text PATH '$.b' DEFAULT 'x' ON EMPTY, NESTED PATH '$.c[*]' COLUMNS (c int PATH '$'))) AS j
SELECT product_name, ts_rank(to_tsvector('english', product_description), query) FROM products, to_tsquery('english', 'hammer & steel') AS query WHERE to_tsvector('english', product_description) @@ query ORDER BY 2 DESC LIMIT 3
SELECT ts_headline('english', product_description, websearch_to_tsquery('english', 'hammer -nail')), setweight(to_tsvector('simple', product_name), 'A'), plainto_tsquery('x'), phraseto_tsquery('x y') FROM products LIMIT 1
SELECT to_tsvector('english'::regconfig, 'hammers')
SELECT product_name, similarity(product_name, 'hamer') FROM products WHERE product_name % 'hamer' ORDER BY product_name <-> 'hamer' LIMIT 3
SELECT word_similarity('hamer', product_name), strict_word_similarity('hamer', product_name), show_trgm('ab') FROM products WHERE 'hamer' <% product_name LIMIT 1
SELECT p.product_name, e.description_embedding <=> (SELECT description_embedding FROM product_description_embeddings LIMIT 1) AS distance FROM product_description_embeddings e JOIN products p USING (product_id) ORDER BY distance LIMIT 3
SELECT '[1,2,3]'::vector <=> '[1,2,4]', '[1,2,3]'::vector(3) <-> '[1,2,4]'::extensions.vector, '[1,2,3]'::vector <#> '[1,2,4]'::vector, cosine_distance('[1,2]'::vector, '[2,1]'::vector), l2_distance('[1,2]'::vector, '[2,1]'::vector), vector_dims('[1]'::vector), avg('[1,2]'::vector), '[1,2]'::halfvec(2)
SELECT '[1,2]'::extensions.vector OPERATOR(extensions.<=>) '[2,1]'::extensions.vector
SELECT 1 OPERATOR(pg_catalog.+) 2, pg_catalog.upper('a'), pg_catalog.count(*) FROM stores
SELECT CASE WHEN cost > 10 THEN 'dear' WHEN cost > 5 THEN 'fair' ELSE 'cheap' END, CASE category_id WHEN 1 THEN 'a' END FROM products LIMIT 1
SELECT coalesce(phone, '-'), nullif(phone, ''), phone IS NULL, phone IS NOT NULL, phone IS DISTINCT FROM 'x', (phone = 'x') IS NOT TRUE FROM customers LIMIT 1
SELECT * FROM orders WHERE (store_id, order_id) IN (SELECT store_id, order_id FROM order_items WHERE quantity > 3) LIMIT 1
SELECT * FROM orders WHERE (store_id, order_date) > (1, DATE '2024-01-01') LIMIT 1
SELECT ROW(1, 'a') = (1, 'a'), ROW(1, NULL) IS NULL
SELECT * FROM orders o WHERE EXISTS (SELECT FROM order_items i WHERE i.order_id = o.order_id AND i.quantity >= ALL (SELECT quantity FROM order_items LIMIT 5)) LIMIT 1
SELECT * FROM customers WHERE customer_id = ANY (SELECT customer_id FROM orders) AND email LIKE ANY (ARRAY['%a%', '%b%']) AND customer_id NOT IN (1, 2) AND customer_id BETWEEN SYMMETRIC 100 AND 1 LIMIT 1
SELECT (SELECT count(*) FROM orders) - (SELECT count(*) FROM customers)
SELECT 1::int, '1'::numeric(10, 2), CAST('2024-01-01' AS timestamptz), float8 '1.5', 'a'::varchar(5), 'a'::char(3), '1 day'::interval, 'f'::boolean, '{1,2}'::integer[], 1::bigint, '\x00'::bytea, '10.0.0.1'::inet, gen.u FROM (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS u) AS gen
SELECT int4range(1, 5) @> 3, daterange('2024-01-01', '2024-02-01', '[)') && daterange('2024-01-15', NULL), lower(int4range(1, 5)), upper_inf(int4range(1, NULL)), range_agg(int4range(1, 5)), '{[1,3)}'::int4multirange, numrange(1, 2) * numrange(1.5, 3)
SELECT point(1, 2) <-> point(3, 4), box '(1,1),(0,0)' @> point '(0.5,0.5)', circle '((0,0),1)'
SELECT pg_typeof(cost), num_nulls(phone, email), encode(sha256('a'), 'hex'), decode('YQ==', 'base64'), convert_from('\x61', 'UTF8') FROM products, customers LIMIT 1
SELECT 0x1F, 0o17, 0b101, 1_000_000, 1.5e3, .5, -9223372036854775807
SELECT store_id AS "select", store_name AS "from" FROM stores AS "where"
SELECT o.name FROM (SELECT store_name AS name FROM stores) AS o
SELECT x.version, x.user, x.text, x.date, x.count, x.time, x.system, x.role FROM (SELECT 1 AS version, 2 AS user, 3 AS text, 4 AS date, 5 AS count, 6 AS time, 7 AS system, 8 AS role) AS x
SELECT FROM orders LIMIT 1
SELECT store_id FROM stores WHERE store_id IN (VALUES (1), (2))
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v (n, letter) JOIN stores ON store_id = n
SELECT s.store_name, t.* FROM stores s, unnest(ARRAY[s.store_id, 1]) AS t(n)
SELECT j.store_id FROM stores a JOIN inventory b USING (store_id) AS j LIMIT 1
SELECT count(*) FROM ((stores JOIN inventory USING (store_id)) JOIN products USING (product_id)) AS j
SELECT c.first_name || ' ' || c.last_name AS name, sum(i.total_amount) AS spent FROM customers c JOIN orders o USING (customer_id) JOIN order_items i USING (order_id, store_id) GROUP BY c.customer_id, name ORDER BY spent DESC LIMIT 3
SELECT order_id FROM orders WHERE order_date >= CURRENT_DATE - INTERVAL '30 days' AND extract(isodow FROM order_date) < 6 LIMIT 1
SELECT string_to_table('a,b', ','), json_array_elements_text('["x"]')
SELECT array_agg(n ORDER BY n) FILTER (WHERE n % 2 = 0) FROM generate_series(1, 1000000) AS n WHERE n < 10
SELECT bit_count(B'101'), normalize('a', NFC), 'a' IS NORMALIZED, to_hex(255), to_number('1,000', '9,999'), quote_literal('a'), quote_ident('a b')
SELECT uuid('00000000-0000-0000-0000-000000000000'), jsonb('{}')
