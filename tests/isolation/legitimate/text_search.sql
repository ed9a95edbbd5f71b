-- Full text search.

-- name: words_in_descriptions
SELECT product_id, product_name
FROM products WHERE to_tsvector('english', product_description) @@ to_tsquery('english', 'paint & wood')
ORDER BY product_id;

-- name: web_search_ranked
SELECT product_id, product_name, ts_rank(document, query) AS rank
FROM (SELECT product_id, product_name, to_tsvector('english', product_name || ' ' || product_description) AS document
    FROM products) AS d, websearch_to_tsquery('english', 'garden hose -reel') AS query
WHERE document @@ query ORDER BY rank DESC, product_id LIMIT 15;

-- name: headline
SELECT product_id, ts_headline('english', product_description, plainto_tsquery('english', 'outdoor light'),
    'StartSel=<b>, StopSel=</b>, MaxWords=12, MinWords=5') AS excerpt
FROM products WHERE to_tsvector('english', product_description) @@ plainto_tsquery('english', 'outdoor light')
ORDER BY product_id;

-- name: phrase
SELECT product_id, product_name
FROM products
WHERE to_tsvector('english', product_description) @@ phraseto_tsquery('english', 'junction box')
    OR to_tsvector('simple', product_name) @@ 'circuit <-> breaker | drill:*'::tsquery
ORDER BY product_id;

-- name: weighted_cover_density
SELECT product_id, ts_rank_cd(setweight(to_tsvector('english', product_name),
    'A') || setweight(to_tsvector('english', product_description), 'D'), query, 32) AS rank
FROM products, to_tsquery('english', 'screw | bolt') AS query
WHERE to_tsvector('english', product_name || ' ' || product_description) @@ query
ORDER BY rank DESC, product_id LIMIT 25;

-- name: revenue_of_found_products
SELECT oi.store_id, sum(oi.total_amount) AS revenue FROM order_items oi JOIN products p USING (product_id)
WHERE to_tsvector('english', p.product_name) @@ websearch_to_tsquery('english', 'hammer or wrench')
GROUP BY oi.store_id
ORDER BY oi.store_id;

-- name: lexemes
SELECT lexeme, positions
FROM unnest(to_tsvector('english', (SELECT product_description FROM products WHERE product_id = 50)))
ORDER BY lexeme;

-- name: vector_facts
SELECT product_id, length(to_tsvector('english', product_description)) AS words,
    strip(to_tsvector('simple', product_name)) AS plain, tsvector_to_array(to_tsvector('english', product_name)) AS list
FROM products WHERE type_id = 11
ORDER BY product_id;

-- name: query_facts
SELECT numnode(q) AS nodes, querytree(q) AS tree, q && to_tsquery('english', 'oak') AS narrowed, !!q AS opposite
FROM to_tsquery('english', 'saws & !blades') AS q;

-- name: most_common_lexemes
SELECT lexeme, count(*) AS products
FROM products, unnest(to_tsvector('english', product_description))
GROUP BY lexeme
ORDER BY products DESC, lexeme LIMIT 20;

-- name: stock_of_found_products
SELECT i.store_id, p.product_name, i.stock_level
FROM inventory i JOIN products p USING (product_id)
WHERE to_tsvector('english', p.product_description) @@ to_tsquery('english', 'waterproof | weatherproof')
ORDER BY i.store_id, p.product_name;
