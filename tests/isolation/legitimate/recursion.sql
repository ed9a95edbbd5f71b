-- WITH RECURSIVE: series, calendars, trees, graphs, SEARCH and CYCLE.

-- name: number_series
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
SELECT i AS product_id, stock_level, store_id FROM n JOIN inventory ON product_id = i * 10 ORDER BY i, store_id;

-- name: calendar_of_a_month
WITH RECURSIVE days (day) AS (SELECT DATE '2026-02-01' UNION ALL SELECT day + 1 FROM days WHERE day < DATE '2026-02-28')
SELECT day, count(order_id) AS orders FROM days LEFT JOIN orders ON order_date = day GROUP BY day ORDER BY day;

-- name: category_tree
WITH RECURSIVE nodes (id, parent, label) AS (
    SELECT 'c' || category_id, NULL, category_name FROM categories
    UNION ALL SELECT 't' || type_id, 'c' || category_id, type_name FROM product_types
    UNION ALL SELECT 'p' || product_id, 't' || type_id, product_name FROM products
), tree AS (
    SELECT id, label, 0 AS depth, label AS path FROM nodes WHERE parent IS NULL
    UNION ALL
    SELECT n.id, n.label, tree.depth + 1, tree.path || ' / ' || n.label FROM nodes n JOIN tree ON n.parent = tree.id
)
SELECT repeat('  ', depth) || label AS line FROM tree WHERE path LIKE 'Hand Tools%' ORDER BY path, id;

-- name: search_depth_first
WITH RECURSIVE walk (kind, id, label) AS (
    SELECT 'category', category_id, category_name FROM categories WHERE category_name = 'Plumbing'
    UNION ALL
    SELECT 'type', t.type_id, t.type_name
    FROM walk JOIN product_types t ON walk.kind = 'category' AND t.category_id = walk.id
) SEARCH DEPTH FIRST BY label SET place
SELECT kind, label FROM walk ORDER BY place;

-- name: search_breadth_first
WITH RECURSIVE half (product_id, stock) AS (
    SELECT product_id, sum(stock_level) FROM inventory WHERE product_id IN (11, 22, 33) GROUP BY product_id
    UNION ALL SELECT product_id, stock / 2 FROM half WHERE stock > 1
) SEARCH BREADTH FIRST BY product_id SET place
SELECT product_id, stock FROM half ORDER BY place, product_id, stock DESC;

-- name: cycle_of_stores
WITH RECURSIVE route (store_id, stop) AS (
    SELECT 1, 1 UNION ALL SELECT (route.store_id * 3) % 8 + 1, stop + 1 FROM route
) CYCLE store_id SET seen_before USING path
SELECT stop, route.store_id, s.store_name, seen_before FROM route JOIN stores s USING (store_id) ORDER BY stop;

-- name: cycle_with_marks
WITH RECURSIVE hop (id) AS (SELECT 2 UNION ALL SELECT CASE id WHEN 2 THEN 5 WHEN 5 THEN 7 ELSE 2 END FROM hop)
CYCLE id SET looped TO 'yes' DEFAULT 'no' USING trail
SELECT hop.id, looped, (SELECT count(*) FROM orders o WHERE o.store_id = hop.id) AS orders
FROM hop
ORDER BY cardinality(trail);

-- name: customers_linked_by_products
WITH RECURSIVE linked (customer_id, hops) AS (
    SELECT 517, 0
    UNION
    SELECT other.customer_id, linked.hops + 1
    FROM linked
    JOIN orders mine ON mine.customer_id = linked.customer_id AND mine.store_id = 7
    JOIN orders other ON other.store_id = 7 AND other.order_date = mine.order_date
        AND other.customer_id <> mine.customer_id
    WHERE linked.hops < 2
)
SELECT customer_id, min(hops) AS hops FROM linked GROUP BY customer_id ORDER BY hops, customer_id;

-- name: loose_index_scan
WITH RECURSIVE seen (store_id) AS (
    SELECT min(store_id) FROM orders
    UNION ALL SELECT (SELECT min(o.store_id) FROM orders o WHERE o.store_id > seen.store_id)
    FROM seen WHERE seen.store_id IS NOT NULL
)
SELECT store_id FROM seen WHERE store_id IS NOT NULL ORDER BY store_id;

-- name: factorials
WITH RECURSIVE f (n, product) AS
    (SELECT 0, 1::numeric UNION ALL SELECT n + 1, product * (n + 1) FROM f WHERE n < 25) SELECT n, product
FROM f
ORDER BY n;

-- name: fibonacci
WITH RECURSIVE fibonacci (a, b) AS
    (VALUES (0, 1) UNION ALL SELECT b, a + b FROM fibonacci WHERE b < 1000) SELECT array_agg(a ORDER BY a, b) AS numbers
FROM fibonacci;

-- name: words_of_a_description
WITH RECURSIVE cut (word, rest, place) AS (
    SELECT NULL::text, product_description, 0 FROM products WHERE product_id = 100
    UNION ALL
    SELECT split_part(rest, ' ', 1), CASE WHEN strpos(rest, ' ') > 0 THEN substr(rest, strpos(rest, ' ') + 1)
        ELSE '' END, place + 1
    FROM cut WHERE rest <> ''
)
SELECT place, word FROM cut WHERE place > 0 ORDER BY place;

-- name: compound_growth
WITH RECURSIVE plan (year, orders) AS (
    SELECT 2026, count(*)::numeric FROM orders WHERE order_date >= '2026-01-01'
    UNION ALL SELECT year + 1, round(orders * 1.08) FROM plan WHERE year < 2031
)
SELECT year, orders FROM plan ORDER BY year;

-- name: streaks_of_order_days
WITH RECURSIVE days AS
    (SELECT DISTINCT order_date FROM orders WHERE store_id = 7 AND order_date BETWEEN '2026-03-01' AND '2026-04-30'),
streak (start_day, day) AS (
    SELECT order_date, order_date
    FROM days d WHERE NOT EXISTS (SELECT FROM days e WHERE e.order_date = d.order_date - 1)
    UNION ALL SELECT s.start_day, d.order_date FROM streak s JOIN days d ON d.order_date = s.day + 1
)
SELECT start_day, max(day) AS end_day, count(*) AS days FROM streak GROUP BY start_day ORDER BY days DESC, start_day;

-- name: two_recursive_terms
WITH RECURSIVE evens (n) AS (SELECT 0 UNION ALL SELECT n + 2 FROM evens WHERE n < 20), odds (n) AS
    (SELECT 1 UNION ALL SELECT n + 2 FROM odds WHERE n < 20)
SELECT p.product_id, p.sku
FROM products p WHERE p.product_id IN (TABLE evens) OR p.product_id IN (SELECT n FROM odds WHERE n > 10)
ORDER BY 1;

-- name: mandelbrot_in_small
WITH RECURSIVE z (ix, iy, cx, cy, x, y, i) AS (
    SELECT ix, iy, -2.2 + 0.1 * ix, -1.2 + 0.2 * iy, 0.0::float8, 0.0::float8, 0
    FROM generate_series(0, 30) AS ix, generate_series(0, 12) AS iy
    UNION ALL SELECT ix, iy, cx, cy, x * x - y * y + cx, 2 * x * y + cy, i + 1
    FROM z WHERE x * x + y * y < 16 AND i < 12
)
SELECT iy, string_agg(substr(' .,:;!/>)|&IH', depth, 1), '' ORDER BY ix) AS line
FROM (SELECT ix, iy, max(i) AS depth FROM z GROUP BY ix, iy) AS depths GROUP BY iy ORDER BY iy;
