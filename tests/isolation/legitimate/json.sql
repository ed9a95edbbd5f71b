-- JSON made, taken apart and asked by path.

-- name: rows_as_json
SELECT to_json(s) AS store FROM stores s ORDER BY s.store_id;

-- name: row_to_json_of_a_subquery
SELECT row_to_json(x) AS line
FROM (SELECT order_item_id, product_id, quantity, total_amount FROM order_items WHERE order_id < 400
    ORDER BY order_item_id) AS x;

-- name: order_as_a_document
SELECT jsonb_build_object('order', o.order_id, 'day', o.order_date, 'lines',
    jsonb_agg(jsonb_build_object('sku', p.sku, 'pieces', oi.quantity, 'paid', oi.total_amount)
        ORDER BY oi.order_item_id)) AS document
FROM orders o JOIN order_items oi USING (store_id, order_id) JOIN products p USING (product_id)
WHERE o.order_date = '2026-12-24' GROUP BY o.store_id, o.order_id, o.order_date ORDER BY o.order_id;

-- name: json_agg_of_names
SELECT category_id, json_agg(type_name ORDER BY type_name) AS types
FROM product_types
GROUP BY category_id
ORDER BY category_id;

-- name: object_of_counts
SELECT jsonb_object_agg(store_id::text, orders) AS orders
FROM (SELECT store_id, count(*) AS orders FROM orders GROUP BY store_id) AS counted;

-- name: standard_constructors
SELECT JSON_OBJECT('sku' : sku, 'price' : base_price ABSENT ON NULL RETURNING jsonb) AS object,
    JSON_ARRAY(product_id, category_id, NULL NULL ON NULL) AS list
FROM products WHERE product_id <= 5 ORDER BY product_id;

-- name: standard_aggregates
SELECT store_id, JSON_ARRAYAGG(product_id ORDER BY product_id RETURNING jsonb) AS gone,
    JSON_OBJECTAGG(product_id : stock_level RETURNING jsonb) AS stock
FROM inventory WHERE stock_level = 0 GROUP BY store_id ORDER BY store_id;

-- name: json_table
SELECT t.sku, t.pieces, t.paid
FROM (SELECT jsonb_agg(jsonb_build_object('sku', p.sku, 'pieces', oi.quantity, 'paid', oi.total_amount)
    ORDER BY oi.order_item_id) AS lines
      FROM order_items oi JOIN products p USING (product_id) WHERE oi.order_id < 1500 AND oi.quantity >= 4) AS source,
    JSON_TABLE(source.lines, '$[*] ? (@.pieces > 4)' COLUMNS (place FOR ORDINALITY, sku text PATH '$.sku',
        pieces integer PATH '$.pieces', paid numeric PATH '$.paid')) AS t
ORDER BY t.place;

-- name: nested_json_table
SELECT jt.*
    FROM JSON_TABLE('{"regions": [{"name": "west", "stores": [1, 2]}, {"name": "east", "stores": [4]}]}'::jsonb,
        '$.regions[*]'
    COLUMNS (region text PATH '$.name', NESTED PATH '$.stores[*]' COLUMNS (store_id integer PATH '$'))) AS jt
JOIN stores USING (store_id) ORDER BY region, store_id;

-- name: json_value_and_query
SELECT JSON_VALUE(doc, '$.price' RETURNING numeric) AS price, JSON_QUERY(doc, '$.tags' WITH WRAPPER) AS tags,
    JSON_EXISTS(doc, '$.tags[*] ? (@ == "sale")') AS on_sale
FROM (SELECT jsonb_build_object('price', base_price, 'tags', CASE WHEN base_price < 10 THEN '["sale", "small"]'::jsonb
    ELSE '["new"]'::jsonb END) AS doc, product_id FROM products WHERE category_id = 5) AS d
ORDER BY product_id;

-- name: json_value_defaults
SELECT JSON_VALUE('{"a": "x"}'::jsonb, '$.b' DEFAULT 'none' ON EMPTY) AS missing, JSON_VALUE('{"a": "x"}'::jsonb,
    '$.a' RETURNING integer DEFAULT -1 ON ERROR) AS wrong, count(*) AS stores FROM stores;

-- name: path_query
SELECT store_id, jsonb_path_query(stock, '$[*] ? (@.n > 100).p')::int AS product_id
FROM (SELECT store_id, jsonb_agg(jsonb_build_object('p', product_id, 'n', stock_level) ORDER BY product_id) AS stock
    FROM inventory WHERE product_id < 60 GROUP BY store_id) AS s
ORDER BY 1, 2;

-- name: path_query_array
SELECT jsonb_path_query_array(jsonb_agg(base_price ORDER BY product_id), '$[*] ? (@ > 300)') AS dear,
    jsonb_path_query_first(jsonb_agg(sku ORDER BY sku), '$[last]') AS last_sku FROM products;

-- name: path_exists_and_match
SELECT count(*) FILTER (WHERE to_jsonb(o) @? '$.order_date ? (@ like_regex "^2026-0[1-3]")') AS first_quarter,
    count(*) FILTER (WHERE to_jsonb(o) @@ '$.customer_id < 1000') AS early_customers
FROM orders o WHERE store_id = 7;

-- name: operators
SELECT doc -> 'store' ->> 'name' AS name, doc #>> '{store,web}' AS web, doc ? 'store' AS has_store,
    doc @> '{"store": {"web": true}}' AS is_web, doc - 'store' AS rest, doc || '{"more": 1}' AS merged
FROM (SELECT store_id,
    jsonb_build_object('id', store_id, 'store', jsonb_build_object('name', store_name, 'web', is_online)) AS doc
    FROM stores) AS docs
ORDER BY store_id;

-- name: subscripts
SELECT doc['lines'][0]['product'] AS first_product, jsonb_array_length(doc['lines']) AS lines
FROM (SELECT order_id, store_id,
    jsonb_build_object('lines', jsonb_agg(jsonb_build_object('product', product_id) ORDER BY order_item_id)) AS doc
    FROM order_items WHERE order_id BETWEEN 9000 AND 9060
    GROUP BY store_id, order_id) AS d
ORDER BY order_id;

-- name: each_pair
SELECT key, value FROM categories c, jsonb_each_text(to_jsonb(c)) WHERE c.category_id = 4 ORDER BY key;

-- name: each_element
SELECT element ->> 'sku' AS sku, place
FROM (SELECT json_agg(json_build_object('sku', sku) ORDER BY sku) AS list FROM products WHERE type_id = 6) AS l,
    json_array_elements(l.list) WITH ORDINALITY AS e (element, place)
ORDER BY place;

-- name: to_recordset
SELECT r.store_id, r.goal, count(o.order_id) AS orders
FROM jsonb_to_recordset('[{"store_id": 7, "goal": 500}, {"store_id": 1, "goal": 8000}]') AS r (store_id integer,
    goal integer)
LEFT JOIN orders o ON o.store_id = r.store_id AND o.order_date >= '2025-01-01'
GROUP BY r.store_id, r.goal
ORDER BY r.store_id;

-- name: from_record
SELECT x.a, x.b[2] AS second, p.sku
FROM json_to_record('{"a": 12, "b": [5, 6]}') AS x (a int, b int[]) LEFT JOIN products p ON p.product_id = x.a;

-- name: pretty_and_typed
SELECT jsonb_pretty(jsonb_build_object('name', category_name)) AS pretty, jsonb_typeof(to_jsonb(category_id)) AS type
FROM categories
ORDER BY category_id;

-- name: set_and_insert
SELECT jsonb_set('{"a": {"b": 1}}', '{a,b}', to_jsonb(count(*))) AS replaced,
    jsonb_insert('[1, 3]', '{1}', '2') AS inserted, jsonb_strip_nulls('{"a": null, "b": 1}') AS stripped
FROM orders;

-- name: is_json
SELECT sku IS JSON AS name_is_json, to_json(sku)::text IS JSON SCALAR AS quoted_is, '[1]' IS JSON ARRAY AS list_is,
    '{"a":1,"a":2}' IS JSON OBJECT WITH UNIQUE KEYS AS keys_unique
FROM products WHERE product_id = 3;

-- name: scalars_and_serialised
SELECT JSON_SCALAR(base_price) AS scalar, JSON_SERIALIZE(JSON_OBJECT('id' : product_id) RETURNING text) AS text,
    JSON('{"a": 1}') AS parsed
FROM products WHERE product_id IN (8, 9)
ORDER BY product_id;

-- name: keys_of_a_document
SELECT DISTINCT jsonb_object_keys(to_jsonb(i)) AS key FROM inventory i WHERE i.product_id = 1 ORDER BY 1;

-- name: sums_from_a_document
SELECT store_id, sum((line ->> 'q')::int) AS pieces
FROM (SELECT store_id, jsonb_agg(jsonb_build_object('q', quantity)) AS doc FROM order_items
    WHERE order_id BETWEEN 100000 AND 103000 GROUP BY store_id) AS d
CROSS JOIN LATERAL jsonb_array_elements(d.doc) AS line
GROUP BY store_id ORDER BY store_id;
