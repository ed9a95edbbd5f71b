-- How people and models write: comments, quoting, case, names that look like something else.

-- name: comments_of_all_kinds
/* what: orders
   who: /* nested */ the caller */
SELECT -- the store
    store_id, /* how many */ count(*) --; DROP TABLE retail.orders
FROM /**/ retail.orders -- not "access.principals"
GROUP BY store_id ORDER BY store_id;

-- name: upper_case
SELECT STORE_ID, COUNT(*) AS N FROM RETAIL.ORDERS WHERE ORDER_DATE >= '2026-01-01' GROUP BY STORE_ID ORDER BY STORE_ID;

-- name: lower_case_and_no_spaces
select(store_id),count(*)from orders where(order_date>='2026-06-01')group by(store_id)order by 1;

-- name: quoted_names
SELECT "o"."store_id" AS "Store No.", count(*) AS "number of ""orders"""
FROM "retail"."orders" AS "o"
GROUP BY "o"."store_id"
ORDER BY "Store No.";

-- name: aliases_like_keywords
SELECT store_id AS "select", count(*) AS "from", min(order_date) AS "where", max(order_date) AS "drop table"
FROM orders
GROUP BY "store_id"
ORDER BY "select";

-- name: aliases_like_catalogs
SELECT pg_class.store_id AS pg_authid, count(pg_class.order_id) AS pg_shadow
FROM retail.orders AS pg_class
GROUP BY pg_class.store_id
ORDER BY pg_authid;

-- name: ctes_like_catalogs
WITH pg_class AS (SELECT store_id AS oid, store_name AS relname FROM stores), pg_stat_activity AS
    (SELECT store_id AS pid, count(*) AS queries FROM orders GROUP BY store_id)
SELECT oid, relname, queries FROM pg_class LEFT JOIN pg_stat_activity ON pid = oid ORDER BY oid;

-- name: ctes_like_functions
WITH set_config AS (SELECT product_id, sum(quantity) AS pg_sleep FROM order_items GROUP BY product_id)
SELECT set_config.product_id, pg_sleep FROM set_config ORDER BY pg_sleep DESC, product_id LIMIT 10;

-- name: cte_like_a_foreign_table
WITH principals (principal_id, role) AS (VALUES (1, 'reader'), (7, 'writer'))
SELECT p.principal_id, p.role, count(o.order_id)
FROM principals AS p LEFT JOIN orders o ON o.store_id = p.principal_id
GROUP BY 1, 2
ORDER BY 1;

-- name: columns_like_functions
SELECT count(*) AS count, sum(quantity) AS sum, max(total_amount) AS max, min(unit_price) AS pg_read_file,
    bool_or(quantity > 1) AS set_config
FROM order_items;

-- name: alias_like_a_secret_table
SELECT signing_keys.stock_level AS inner_pad
FROM retail.inventory AS signing_keys WHERE signing_keys.product_id = 3
ORDER BY 1;

-- name: strings_like_attacks
SELECT '''; DROP TABLE retail.orders; --' AS a, 'pg_sleep(10)' AS b,
    'SELECT set_config(''app.rls_context'', ''x'', true)' AS c, '1; ROLLBACK' AS d, count(*) AS orders FROM orders;

-- name: attack_as_a_search_word
SELECT (SELECT count(*) FROM customers) AS searched, count(*) AS found
FROM customers WHERE last_name ILIKE '%'' OR 1=1 --%' OR email = 'x''; DELETE FROM orders; COMMIT; --';

-- name: comment_marks_in_strings
SELECT store_id, '/* not a comment' || ' -- nor this */' AS text, '$$' AS dollars, sum(stock_level) AS stock FROM inventory GROUP BY store_id ORDER BY store_id;

-- name: dollar_quotes
SELECT $$It's "quoted"; really$$ AS plain, $tag$inner $$ dollars$tag$ AS tagged, $ünï$ok$ünï$ AS foreign_tag, max(order_id) FROM orders;

-- name: escape_strings
SELECT E'tab\there' AS tab, E'line\nbreak' AS line,
    E'it\'s' AS quote, E'\u00e9\x41\101' AS codes, E'back\\slash' AS backslash, 'no\escape' AS plain, count(*)
FROM customers WHERE last_name = E'O\'Brien-\u0141ukasz';

-- name: unicode_escapes
SELECT U&'\0441\043B\043E\043D' AS elephant, U&'d!0061t!+000061' UESCAPE '!' AS data, U&"st\006fre_id" AS u_name
FROM stores
ORDER BY store_id;

-- name: other_literals
SELECT B'1010' AS bits, X'1F' AS hex_bits, N'national' AS national, 0x1F AS hexadecimal, 0o17 AS octal, 0b101 AS binary,
    1_000_000 AS grouped, 1.5e3 AS float, .5 AS half
FROM stores WHERE store_id = 1;

-- name: strings_over_lines
SELECT 'a'
    'b' AS joined, count(*) AS orders
FROM orders;

-- name: unicode_identifiers
SELECT store_id AS größe, store_name AS "店名", count(*) OVER () AS количество FROM stores AS läden ORDER BY größe;

-- name: emoji
SELECT '🛒 ' || s.store_name || ' → ' || count(o.order_id) AS "📦"
FROM stores s LEFT JOIN orders o USING (store_id)
GROUP BY s.store_id, s.store_name
ORDER BY s.store_id;

-- name: semicolon_and_comment_at_the_end
SELECT store_id, max(order_date) FROM orders GROUP BY store_id ORDER BY store_id; -- that is all

-- name: parentheses_around_it
((SELECT store_id, min(order_date) AS first_day FROM orders GROUP BY store_id ORDER BY store_id));

-- name: values_alone
VALUES (1, 'a'), (2, 'b'), (3, NULL);

-- name: select_without_a_table
SELECT 1 + 1 AS two, 'x' || 'y' AS xy, true AND NOT false AS yes;

-- name: named_arguments
SELECT make_interval(weeks => 2) AS fortnight, make_date(year => 2026, month => 7, day => 4) AS day, count(*) AS orders
FROM orders WHERE order_date = make_date(2026, day => 4, month => 7);

-- name: qualified_functions
SELECT pg_catalog.count(*) AS orders, pg_catalog.max(o.order_date) AS last_day, pg_catalog.upper('x') AS upper,
    pg_catalog.date_trunc('year', pg_catalog.max(o.order_date)) AS year
FROM retail.orders o;

-- name: qualified_types_and_operators
SELECT '5'::pg_catalog.int4 OPERATOR(pg_catalog.+) 1 AS six, CAST('2026-01-01' AS pg_catalog.date) AS day,
    '[1]'::extensions.vector AS vector, extensions.similarity('hammer', 'hamster') AS similar, count(*)
FROM orders;

-- name: select_star_of_a_join
SELECT * FROM stores s JOIN inventory i ON i.store_id = s.store_id WHERE i.product_id = 77 ORDER BY s.store_id;

-- name: columns_that_share_a_name
SELECT a.store_id, b.store_id
FROM inventory a JOIN inventory b USING (product_id) WHERE a.product_id = 5 AND b.product_id = 5
ORDER BY 1, 2;

-- name: columns_without_a_name
SELECT 1 + store_id, count(*), 'x' FROM orders GROUP BY 1 ORDER BY 1;

-- name: modulo_and_percent_signs
SELECT order_id % 2 AS parity, count(*) AS orders, '100%' AS label, '%s %(name)s %%' AS placeholders
FROM orders
GROUP BY 1
ORDER BY 1;

-- name: question_marks_colons_dollars
SELECT '{"a": 1}'::jsonb ? 'a' AS has, '{"a": 1}'::jsonb ?| ARRAY['b', 'a'] AS any_of, '{"a": 1}'::jsonb ?& ARRAY['a',
    'b'] AS all_of, (ARRAY[1, 2, 3])[1:2] AS slice, ':name' AS colon, '$1' AS dollar FROM categories
        WHERE category_id = 1;

-- name: words_of_writing_statements
SELECT 'update' AS update, 'delete' AS "delete", 'insert' AS insert, store_id AS truncate, count(*) AS grant_count,
    max(order_id) AS "copy"
FROM orders
GROUP BY store_id
ORDER BY truncate;

-- name: question_in_a_comment
-- Question: Which store sold most in summer 2026? Please don't change anything; just read!
SELECT store_id, count(*) AS orders
FROM orders WHERE order_date BETWEEN '2026-06-21' AND '2026-09-22'
GROUP BY store_id
ORDER BY orders DESC, store_id LIMIT 1;
