-- LIKE, regular expressions and trigrams.

-- name: dynamic_like
SELECT p.product_id, p.product_name, w.word
FROM products p JOIN (VALUES ('Drill'), ('Paint'), ('Pipe')) AS w (word) ON p.product_name LIKE '%' || w.word || '%'
ORDER BY w.word, p.product_id;

-- name: dynamic_ilike_from_a_column
SELECT c.category_name, count(*) AS mentions
FROM categories c
JOIN products p ON p.product_description ILIKE '%' || split_part(lower(c.category_name), ' ', 1) || '%'
GROUP BY c.category_name
ORDER BY 1;

-- name: names_like_concat
SELECT customer_id, email
FROM customers WHERE email LIKE concat(lower(left(first_name, 2)), '%', '9@example.com')
ORDER BY customer_id LIMIT 30;

-- name: escaped_like
SELECT customer_id, last_name FROM customers WHERE last_name LIKE '100!%!_%' ESCAPE '!' ORDER BY customer_id;

-- name: like_with_quotes
SELECT count(*) AS people FROM customers WHERE last_name LIKE 'O''B%' OR last_name LIKE '%"%';

-- name: regex_operators
SELECT count(*) FILTER (WHERE product_name ~ '[0-9]+-inch') AS with_inches,
    count(*) FILTER (WHERE product_name ~* 'SET$') AS sets, count(*) FILTER (WHERE product_name !~ '^[A-Z]') AS odd,
        count(*) FILTER (WHERE product_name !~* 'saw') AS no_saws FROM products;

-- name: regex_replace
SELECT product_id, regexp_replace(product_name, '(\d+)-inch', '\1"', 'g') AS short
FROM products WHERE product_name ~ '\d-inch'
ORDER BY product_id LIMIT 30;

-- name: regex_matches
SELECT product_id, m[1]::int AS number, m[2] AS unit
FROM products, regexp_matches(product_name, '(\d+)-(inch|Amp|foot|gallon)', 'gi') AS m
ORDER BY product_id, number, unit;

-- name: regex_count_and_position
SELECT product_id, regexp_count(product_description, '[aeiou]', 1, 'i') AS vowels,
    regexp_instr(product_description, '\d') AS first_digit, regexp_substr(product_description, '\d+[^ ]*') AS number,
        regexp_like(product_description, 'steel', 'i') AS steel
FROM products WHERE product_id <= 20 ORDER BY product_id;

-- name: regex_split
SELECT part, count(*)
FROM products, regexp_split_to_table(product_name, '[\s/-]+') AS part WHERE part <> ''
GROUP BY part
ORDER BY count(*) DESC, part LIMIT 25;

-- name: regex_split_to_array
SELECT customer_id, regexp_split_to_array(email, '[.@]') AS parts FROM customers ORDER BY customer_id LIMIT 20;

-- name: similar_to
SELECT product_id, product_name
FROM products WHERE product_name SIMILAR TO '%(Hammer|Mallet|Chisel)%' AND product_name NOT SIMILAR TO '[0-9]%'
ORDER BY product_id;

-- name: substring_similar
SELECT phone, substring(phone SIMILAR '%#"\([0-9]+\)#"%' ESCAPE '#') AS area
FROM customers WHERE phone IS NOT NULL
ORDER BY customer_id LIMIT 10;

-- name: phone_digits
SELECT area, count(*) FROM (SELECT left(regexp_replace(phone, '\D', '', 'g'), 3) AS area FROM customers
    WHERE phone ~ '^\(\d{3}\) 555-\d{4}$') AS a GROUP BY area ORDER BY area;

-- name: starts_with
SELECT count(*) FROM customers WHERE starts_with(last_name, 'M') OR last_name ^@ 'N';

-- name: trigram_similarity
SELECT product_id, product_name, round(similarity(product_name, 'cordles dril')::numeric, 4) AS score
FROM products WHERE similarity(product_name, 'cordles dril') > 0.2
ORDER BY score DESC, product_id;

-- name: trigram_operator
SELECT product_id, product_name
FROM products WHERE product_name % 'Circular Saw'
ORDER BY product_name <-> 'Circular Saw', product_id LIMIT 10;

-- name: word_similarity
SELECT product_id, round(word_similarity('breaker', product_name)::numeric, 3) AS score,
    round(strict_word_similarity('breaker', product_name)::numeric, 3) AS strict
FROM products WHERE 'breaker' <% product_name
ORDER BY score DESC, product_id;

-- name: word_distance
SELECT product_name, round(('hose' <<-> product_name)::numeric, 3) AS distance
FROM products
ORDER BY 'hose' <<-> product_name, product_id LIMIT 8;

-- name: trigrams_of_a_word
SELECT show_trgm(category_name) AS trigrams FROM categories WHERE category_name = 'Hardware';

-- name: customers_spelled_nearly
SELECT customer_id, first_name, last_name
FROM customers WHERE similarity(last_name, 'Andersen') >= 0.5
ORDER BY similarity(last_name, 'Andersen') DESC, customer_id LIMIT 20;

-- name: similar_names_in_the_catalogue
SELECT a.product_id, b.product_id AS other, similarity(a.product_name, b.product_name) AS score
FROM products a JOIN products b ON a.type_id = b.type_id AND a.product_id < b.product_id
WHERE similarity(a.product_name, b.product_name) > 0.55
ORDER BY score DESC, 1, 2;

-- name: sold_products_like
SELECT oi.store_id, count(*)
FROM order_items oi JOIN products p USING (product_id) WHERE p.product_name ILIKE '%led%'
GROUP BY oi.store_id
ORDER BY oi.store_id;
