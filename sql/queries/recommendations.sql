-- `occasion` stands alone. The rest are parts, which shared/tools/recommendations.py puts together to one statement: what
-- a ranking needs, the ranking as `ranked` with product_id, score and basis, and `products`.

-- name: occasion
-- One row: what the caller sees of the product and the customer asked for, and of %(days)s days up to its latest order.
-- Without %(dated)s no order is looked at and there is no period.
WITH period AS (
    SELECT
        max(latest.order_date) - %(days)s::integer + 1 AS period_start,
        max(latest.order_date) AS period_end,
        min(earliest.order_date) AS orders_begin
    FROM retail.stores AS store
    -- A store's first and last days are the ends of an index; the maximum of all orders would read them all.
    CROSS JOIN LATERAL (
        SELECT order_date FROM retail.orders WHERE orders.store_id = store.store_id ORDER BY order_date LIMIT 1
    ) AS earliest
    CROSS JOIN LATERAL (
        SELECT order_date FROM retail.orders WHERE orders.store_id = store.store_id ORDER BY order_date DESC LIMIT 1
    ) AS latest
    WHERE %(dated)s
)
SELECT
    period_start,
    period_end,
    orders_begin <= period_start - %(days)s AS comparable,
    (SELECT product_name FROM retail.products WHERE product_id = %(product_id)s::integer) AS product_name,
    EXISTS (
        SELECT FROM retail.product_description_embeddings WHERE product_id = %(product_id)s::integer
    ) AS product_embedded,
    %(dated)s AND EXISTS (
        SELECT FROM retail.orders AS bought
        JOIN retail.order_items AS item ON item.store_id = bought.store_id AND item.order_id = bought.order_id
        WHERE item.product_id = %(product_id)s::integer AND bought.order_date >= period_start
    ) AS product_bought,
    EXISTS (SELECT FROM retail.customers WHERE customer_id = %(customer_id)s::integer) AS customer_known,
    EXISTS (SELECT FROM retail.orders WHERE customer_id = %(customer_id)s::integer) AS customer_bought
FROM period;

-- name: near_in_meaning
-- Looks at every product: an index on the vectors would give the nearest few, and of those perhaps none is in stock.
SELECT
    other.product_id,
    100 * (1 - (other.description_embedding OPERATOR(extensions.<=>) this.description_embedding)) AS score,
    'its description is like that of ' || %(product_name)s::text AS basis
FROM retail.product_description_embeddings AS this
JOIN retail.product_description_embeddings AS other ON other.product_id <> this.product_id
WHERE this.product_id = %(product_id)s::integer;

-- name: near_in_price
SELECT
    other.product_id,
    -- Two products that are both free are equally dear.
    coalesce(
        100 * least(other.base_price, this.base_price) / nullif(greatest(other.base_price, this.base_price), 0), 100
    ) AS score,
    'of the type ' || type_name || ', at ' || other.base_price || ' against ' || this.base_price || ' dollars' AS basis
FROM retail.products AS this
JOIN retail.product_types USING (type_id)
JOIN retail.products AS other USING (type_id)
WHERE this.product_id = %(product_id)s::integer AND other.product_id <> this.product_id;

-- name: the_product
SELECT ARRAY[%(product_id)s::integer] AS products;

-- name: all_of_the_customer
-- Whenever it was bought.
SELECT array_agg(DISTINCT item.product_id) AS products
FROM retail.orders AS bought
JOIN retail.order_items AS item ON item.store_id = bought.store_id AND item.order_id = bought.order_id
WHERE bought.customer_id = %(customer_id)s::integer;

-- name: lines
-- Lines of the orders of the period and of %(days_before)s days before. Where numbers are given in the order of time, the
-- first of them finds the lines by an index; where they are not, this finds the same lines more slowly.
WITH placed AS MATERIALIZED (
    SELECT store_id, order_id, customer_id, order_date
    FROM retail.orders
    WHERE order_date BETWEEN %(period_start)s::date - %(days_before)s::integer AND %(period_end)s::date
)
SELECT placed.*, item.product_id, item.quantity, item.total_amount
FROM placed
JOIN retail.order_items AS item ON item.store_id = placed.store_id AND item.order_id = placed.order_id
WHERE item.order_id >= (SELECT min(order_id) FROM placed);

-- name: orders_as_baskets
SELECT array_agg(DISTINCT product_id) AS products FROM lines GROUP BY store_id, order_id;

-- name: other_customers_as_baskets
SELECT array_agg(DISTINCT product_id) AS products
FROM lines
WHERE customer_id <> %(customer_id)s::integer
GROUP BY customer_id;

-- name: associated
-- Products that share `baskets` with the `chosen` ones, and do so more often than by chance. Best sellers meet everything
-- by chance. The log-likelihood ratio (Dunning 1993) is 0 for them, and other than the lift it is small where two rare
-- products met by accident. Evidence of several chosen products is added up.
WITH sizes AS MATERIALIZED (
    SELECT product_id, count(*)::double precision AS size
    FROM (SELECT unnest(products) AS product_id FROM baskets) AS each
    GROUP BY product_id
),
pairs AS MATERIALIZED (
    SELECT mine.product_id AS chosen_id, other.product_id, count(*)::double precision AS common
    FROM chosen
    JOIN baskets ON baskets.products && chosen.products
    CROSS JOIN LATERAL unnest(baskets.products) AS mine (product_id)
    CROSS JOIN LATERAL unnest(baskets.products) AS other (product_id)
    WHERE mine.product_id = ANY (chosen.products) AND other.product_id <> ALL (chosen.products)
    GROUP BY mine.product_id, other.product_id
    HAVING count(*) >= %(support)s
),
measured AS (
    SELECT pairs.*, chosen.size AS chosen_size, chosen.size * other.size / every.size AS expected, evidence
    FROM pairs
    JOIN sizes AS chosen ON chosen.product_id = pairs.chosen_id
    JOIN sizes AS other ON other.product_id = pairs.product_id
    CROSS JOIN (SELECT count(*)::double precision AS size FROM baskets) AS every
    CROSS JOIN LATERAL (
        SELECT 2 * sum(observed * ln(observed * every.size / (by_chosen * by_other))) AS evidence
        FROM (
            VALUES
                (common, chosen.size, other.size),
                (chosen.size - common, chosen.size, every.size - other.size),
                (other.size - common, every.size - chosen.size, other.size),
                (every.size - chosen.size - other.size + common, every.size - chosen.size, every.size - other.size)
        ) AS cell (observed, by_chosen, by_other)
        WHERE observed > 0
    ) AS ratio
)
SELECT
    measured.product_id,
    sum(evidence) AS score,
    (array_agg(
        format(%(basis)s::text, common, chosen_size, product_name, round((common / expected)::numeric, 1))
        ORDER BY evidence DESC, chosen_id
    ))[1] AS basis
FROM measured
JOIN retail.products AS chosen_product ON chosen_product.product_id = chosen_id
WHERE common > expected
GROUP BY measured.product_id;

-- name: trending
-- %(smoothing)s pieces are added to both periods, at the product's mean price: what sold 1 and then 3 has hardly grown.
-- Of pieces and revenue the one that grew less counts, so that neither a clearance nor a dearer price is a trend.
SELECT
    product_id,
    score,
    pieces || ' pieces after ' || pieces_before || ', ' || revenue || ' dollars after ' || revenue_before AS basis
FROM (
    SELECT
        product_id,
        count(*) FILTER (WHERE order_date >= %(period_start)s::date) AS sales,
        coalesce(sum(quantity) FILTER (WHERE order_date >= %(period_start)s::date), 0) AS pieces,
        coalesce(sum(quantity) FILTER (WHERE order_date < %(period_start)s::date), 0) AS pieces_before,
        coalesce(sum(total_amount) FILTER (WHERE order_date >= %(period_start)s::date), 0) AS revenue,
        coalesce(sum(total_amount) FILTER (WHERE order_date < %(period_start)s::date), 0) AS revenue_before,
        %(smoothing)s * sum(total_amount) / sum(quantity) AS smoothing_revenue
    FROM lines
    GROUP BY product_id
) AS sold
CROSS JOIN LATERAL (
    SELECT 100 * least(
        (pieces - pieces_before) / (pieces_before + %(smoothing)s::numeric),
        (revenue - revenue_before) / nullif(revenue_before + smoothing_revenue, 0)
    ) AS score
) AS growth
WHERE sales >= %(support)s AND score >= %(least_growth)s;

-- name: products
-- Best first, equals by their number. Sums of floats differ in their last digits with the plan, hence the rounding.
SELECT
    product_id,
    sku,
    product_name AS name,
    category_name AS category,
    base_price AS price,
    round(ranked.score::numeric, 1) AS score,
    basis,
    coalesce(stock.stock_level, 0) AS stock_level,
    coalesce(stores_with_stock, 0) AS stores_with_stock
FROM ranked
JOIN retail.products USING (product_id)
JOIN retail.categories USING (category_id)
LEFT JOIN (
    SELECT product_id, sum(stock_level) AS stock_level, count(*) FILTER (WHERE stock_level > 0) AS stores_with_stock
    FROM retail.inventory
    GROUP BY product_id
) AS stock USING (product_id)
WHERE stock.stock_level > 0 OR NOT %(in_stock_only)s
ORDER BY round(ranked.score::numeric, 6) DESC, product_id;
