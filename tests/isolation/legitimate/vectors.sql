-- pgvector: distances to a literal, to another product, to a mean.

-- name: nearest_by_cosine
SELECT e.product_id, round((e.description_embedding <=> (SELECT description_embedding
    FROM product_description_embeddings WHERE product_id = 100))::numeric, 6) AS distance
FROM product_description_embeddings e WHERE e.product_id <> 100 ORDER BY distance, e.product_id LIMIT 10;

-- name: nearest_by_euclid
SELECT product_id
FROM retail.product_description_embeddings
ORDER BY description_embedding <-> (SELECT description_embedding FROM retail.product_description_embeddings
    WHERE product_id = 8), product_id
LIMIT 5;

-- name: inner_product
SELECT a.product_id, (a.description_embedding <#> b.description_embedding) * -1 AS product
FROM product_description_embeddings a, product_description_embeddings b WHERE b.product_id = 12 AND a.product_id <= 60
ORDER BY a.product_id;

-- name: taxicab
SELECT a.product_id, a.description_embedding <+> b.description_embedding AS distance
FROM product_description_embeddings a JOIN product_description_embeddings b ON b.product_id = a.product_id + 4
WHERE a.product_id < 50
ORDER BY a.product_id;

-- name: literal_vectors
SELECT '[1,2,3]'::vector <=> '[2,4,6]'::vector AS same_direction, '[1,2,3]'::vector <-> '[1,2,5]' AS apart,
    '[1,0]'::vector <#> '[3,4]'::vector AS inner, vector_dims('[1,2,3]'::vector) AS dimensions,
        vector_norm('[3,4]'::vector) AS norm;

-- name: distance_functions
SELECT l2_distance('[0,0]'::vector, '[3,4]'::vector) AS l2, cosine_distance('[1,0]'::vector, '[0,1]'::vector) AS cosine,
    inner_product('[1,2]'::vector, '[3,4]'::vector) AS inner, l1_distance('[1,1]'::vector, '[4,5]'::vector) AS l1,
        l2_normalize('[3,4]'::vector) AS unit, count(*) AS stores
FROM stores;

-- name: dimensions
SELECT vector_dims(description_embedding) AS dimensions, count(*)
FROM product_description_embeddings
GROUP BY 1
ORDER BY 1;

-- name: mean_of_a_category
SELECT p.category_id, vector_dims(avg(e.description_embedding)) AS dimensions,
    round(vector_norm(avg(e.description_embedding))::numeric, 3) AS norm
FROM product_description_embeddings e JOIN products p USING (product_id) GROUP BY p.category_id ORDER BY p.category_id;

-- name: nearest_to_the_mean
WITH centre AS (SELECT avg(description_embedding) AS vector FROM product_description_embeddings
    JOIN products USING (product_id) WHERE category_id = 8)
SELECT e.product_id
FROM product_description_embeddings e, centre
ORDER BY e.description_embedding <=> centre.vector, e.product_id LIMIT 6;

-- name: nearest_in_stock
SELECT i.store_id, p.product_name, i.stock_level
FROM product_description_embeddings e JOIN products p USING (product_id) JOIN inventory i USING (product_id)
WHERE i.stock_level > 10
ORDER BY e.description_embedding <=> (SELECT description_embedding FROM product_description_embeddings
    WHERE product_id = 40), i.store_id
LIMIT 20;

-- name: nearest_of_each
SELECT a.product_id, n.product_id AS nearest FROM product_description_embeddings a CROSS JOIN LATERAL (
    SELECT b.product_id
    FROM product_description_embeddings b WHERE b.product_id <> a.product_id
    ORDER BY b.description_embedding <-> a.description_embedding, b.product_id LIMIT 1) AS n
WHERE a.product_id <= 80 ORDER BY a.product_id;

-- name: within_a_distance
SELECT count(*)
FROM product_description_embeddings e
WHERE e.description_embedding <=> (SELECT description_embedding FROM product_description_embeddings
    WHERE product_id = 4) < 1.0;

-- name: qualified_operator
SELECT e.product_id
FROM product_description_embeddings e
ORDER BY e.description_embedding OPERATOR(extensions.<=>) (SELECT x.description_embedding
    FROM product_description_embeddings x WHERE x.product_id = 16), e.product_id
LIMIT 3;

-- name: array_to_vector
SELECT array_agg(stock_level ORDER BY store_id)::vector AS stock, sum(ARRAY[store_id, stock_level]::vector) AS summed
FROM inventory WHERE product_id = 9;

-- name: store_profiles
WITH profile AS (SELECT store_id, array_agg(pieces ORDER BY category_id)::vector AS mix
    FROM (SELECT oi.store_id, p.category_id, sum(oi.quantity)::int AS pieces FROM order_items oi
        JOIN products p USING (product_id) GROUP BY 1, 2) AS x
    GROUP BY store_id)
SELECT a.store_id, b.store_id AS other, round((a.mix <=> b.mix)::numeric, 6) AS distance
FROM profile a JOIN profile b ON a.store_id <= b.store_id
ORDER BY 1, 2;

-- name: arithmetic_and_slices
SELECT '[1,2,3]'::vector + '[1,1,1]' AS plus, '[1,2,3]'::vector - '[1,1,1]' AS minus,
    '[1,2,3]'::vector * '[2,2,2]' AS times, subvector(description_embedding, 1, 4) AS start,
        binary_quantize(subvector(description_embedding, 1, 8)) AS bits
FROM product_description_embeddings WHERE product_id <= 12
ORDER BY product_id;

-- name: half_precision_and_sparse
SELECT '[1,2]'::halfvec <-> '[1,5]'::halfvec AS half, '{1:2,3:4}/5'::sparsevec <-> '{1:2}/5'::sparsevec AS sparse,
    hamming_distance(B'1010', B'1001') AS hamming, jaccard_distance(B'1010', B'1000') AS jaccard;
