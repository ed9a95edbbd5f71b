-- Arrays: built, sliced, compared, taken apart in order.

-- name: unnest_with_ordinality
SELECT wanted.place, p.product_id, p.product_name
FROM unnest(ARRAY[300, 3, 30]) WITH ORDINALITY AS wanted (product_id, place) JOIN products p USING (product_id)
ORDER BY wanted.place;

-- name: slices
SELECT store_id, days[1] AS first, days[2:4] AS next_three, days[:2] AS head, array_length(days, 1) AS length
FROM (SELECT store_id, array_agg(order_date ORDER BY order_date, order_id) AS days FROM orders
    WHERE order_date <= '2020-01-20' GROUP BY store_id) AS d
ORDER BY store_id;

-- name: overlap_and_containment
SELECT o.store_id, count(*) FILTER (WHERE o.products && ARRAY[5, 10, 15]) AS any_of,
    count(*) FILTER (WHERE o.products @> ARRAY[10]) AS has_ten,
        count(*) FILTER (WHERE o.products <@ ARRAY(SELECT product_id FROM products
        WHERE category_id = 4)) AS hardware_only
FROM (SELECT store_id, order_id, array_agg(product_id) AS products FROM order_items WHERE order_id < 30000
    GROUP BY store_id, order_id) AS o
GROUP BY o.store_id
ORDER BY o.store_id;

-- name: concatenation_and_search
SELECT category_id, array_agg(type_id ORDER BY type_id) || 0 AS with_zero,
    array_position(array_agg(type_id ORDER BY type_id), max(type_id)) AS last_place,
        array_to_string(array_agg(type_name ORDER BY type_id), ' | ', '-') AS names
FROM product_types GROUP BY category_id ORDER BY category_id;

-- name: remove_and_replace
SELECT array_remove(stock, 0) AS without_zero, array_replace(stock, 0, -1) AS marked, array_positions(stock, 0) AS at
FROM (SELECT store_id, array_agg(stock_level ORDER BY product_id) AS stock FROM inventory WHERE product_id <= 45
    GROUP BY store_id) AS s
ORDER BY store_id;

-- name: parallel_unnest
SELECT t.store_id, t.name, count(o.order_id)
FROM unnest(ARRAY[7, 6, 2], ARRAY['Kirkland', 'Redmond', 'Bellevue']) AS t (store_id, name) LEFT
JOIN orders o ON o.store_id = t.store_id
GROUP BY t.store_id, t.name
ORDER BY t.store_id;

-- name: array_of_arrays
SELECT array_agg(ARRAY[store_id::int, orders::int] ORDER BY store_id) AS matrix
FROM (SELECT store_id, count(*) AS orders FROM orders WHERE order_date >= '2026-10-01' GROUP BY store_id) AS c;

-- name: split_to_rows
SELECT lower(word) AS word, count(*) AS times
FROM products, string_to_table(product_name, ' ') AS word
GROUP BY 1 HAVING count(*) > 4
ORDER BY 2 DESC, 1;

-- name: split_to_array
SELECT sku, string_to_array(sku, '-') AS parts, (string_to_array(sku, '-'))[2]::int AS number,
    split_part(sku, '-', 1) AS prefix
FROM products WHERE product_id % 50 = 0
ORDER BY product_id;

-- name: sorted_and_reversed
SELECT customer_id, array_sort(array_agg(DISTINCT store_id)) AS stores,
    array_reverse(array_agg(order_id ORDER BY order_id)) AS newest_first
FROM orders WHERE customer_id BETWEEN 2800 AND 2830
GROUP BY customer_id
ORDER BY customer_id;

-- name: fill_trim_dimensions
SELECT array_fill(0, ARRAY[3]) AS zeros, trim_array(array_agg(category_id ORDER BY category_id), 2) AS shorter,
    array_dims(array_agg(category_id)) AS dimensions, cardinality(array_agg(category_name)) AS n
FROM categories;

-- name: compare_arrays
SELECT count(*) FILTER (WHERE days < ARRAY[DATE '2021-01-01']) AS started_early,
    count(*) FILTER (WHERE days = ARRAY[DATE '2023-06-15', DATE '2023-06-16']) AS odd
FROM (SELECT array_agg(order_date ORDER BY order_date) AS days FROM orders WHERE customer_id <= 2000
    GROUP BY customer_id) AS d;

-- name: subscripts_generated
SELECT i, prices[i] AS price
FROM (SELECT array_agg(base_price ORDER BY base_price DESC, product_id) AS prices FROM products WHERE type_id = 3) AS p,
    generate_subscripts(p.prices, 1) AS i
ORDER BY i;

-- name: like_any_of
SELECT product_id, product_name
FROM products
WHERE product_name ILIKE ANY (ARRAY['%hammer%', '%saw%']) AND product_name NOT LIKE ALL (ARRAY['%Set%', '%Kit%'])
ORDER BY product_id;

-- name: array_from_text
SELECT s.store_id, s.store_name FROM stores s WHERE s.store_id = ANY ('{1,3,5,7}'::int[]) ORDER BY s.store_id;
