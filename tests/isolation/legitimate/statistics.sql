-- Statistics of figures; floating results rounded, for the order of a sum is the planner's.

-- name: spread_of_line_amounts
SELECT store_id, round(stddev(total_amount), 4) AS deviation, round(stddev_pop(total_amount), 4) AS of_population,
    round(variance(total_amount), 3) AS variance, round(var_pop(quantity), 6) AS of_pieces
FROM order_items
GROUP BY store_id
ORDER BY store_id;

-- name: correlation_of_price_and_quantity
SELECT round(corr(unit_price, quantity)::numeric, 6) AS correlation,
    round(covar_pop(discount_percent, quantity)::numeric, 6) AS covariance, regr_count(unit_price, quantity) AS lines
FROM order_items;

-- name: trend_of_orders
SELECT store_id, round(regr_slope(n, year)::numeric, 4) AS more_each_year, round(regr_r2(n, year)::numeric, 4) AS r2,
    round(regr_intercept(n, year)::numeric, 1) AS intercept
FROM (SELECT store_id, extract(year FROM order_date)::float8 AS year, count(*)::float8 AS n FROM orders GROUP BY 1,
    2) AS y
GROUP BY store_id
ORDER BY store_id;

-- name: z_scores_of_stores
SELECT store_id, n, round((n - avg(n) OVER ()) / nullif(stddev_samp(n) OVER (), 0), 4) AS z
FROM (SELECT store_id, count(*) AS n FROM orders GROUP BY store_id) AS s
ORDER BY store_id;

-- name: outlier_days
WITH daily AS (SELECT order_date, count(*) AS n FROM orders WHERE order_date >= '2025-01-01' GROUP BY order_date), s AS
    (SELECT avg(n) AS mean, stddev(n) AS deviation FROM daily)
SELECT order_date, n FROM daily, s WHERE abs(n - mean) > 2 * deviation ORDER BY n DESC, order_date LIMIT 40;

-- name: five_numbers
SELECT store_id, min(t) AS least, percentile_cont(0.25) WITHIN GROUP (ORDER BY t) AS q1,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t) AS median, percentile_cont(0.75) WITHIN GROUP (ORDER BY t) AS q3,
        max(t) AS most
FROM (SELECT store_id, total_amount AS t FROM order_items WHERE order_id % 5 = 0) AS x
GROUP BY store_id
ORDER BY store_id;

-- name: geometric_mean
SELECT store_id, round(exp(avg(ln(total_amount)))::numeric, 2) AS geometric
FROM order_items WHERE total_amount > 0 AND order_id < 10000
GROUP BY store_id
ORDER BY store_id;

-- name: weighted_mean_price
SELECT p.category_id, round(sum(oi.unit_price * oi.quantity) / sum(oi.quantity), 4) AS weighted,
    round(avg(oi.unit_price), 4) AS plain
FROM order_items oi JOIN products p USING (product_id)
GROUP BY p.category_id
ORDER BY p.category_id;

-- name: gini_of_customers
WITH spent AS (SELECT o.customer_id, sum(i.total_amount) AS s FROM orders o
    JOIN order_items i USING (store_id, order_id) WHERE o.order_date >= '2026-07-01'
    GROUP BY o.customer_id), ranked AS
        (SELECT s, row_number() OVER (ORDER BY s) AS i, count(*) OVER () AS n, sum(s) OVER () AS total
    FROM spent)
SELECT round(2 * sum(i * s) / (max(n) * max(total)) - (max(n) + 1.0) / max(n), 6) AS gini FROM ranked;

-- name: entropy_of_the_assortment
SELECT store_id, round(-sum(share * ln(share)), 6) AS entropy
FROM (SELECT oi.store_id, count(*) / sum(count(*)) OVER (PARTITION BY oi.store_id) AS share FROM order_items oi
    JOIN products p USING (product_id) GROUP BY oi.store_id, p.type_id) AS s
GROUP BY store_id
ORDER BY store_id;

-- name: chi_square_of_weekdays
SELECT round(sum(power(n - mean, 2) / mean), 4) AS chi_square
FROM (SELECT extract(isodow FROM order_date) AS d, count(*)::numeric AS n, avg(count(*)) OVER () AS mean FROM orders
    GROUP BY 1) AS w;

-- name: seasonal_index
SELECT month, round(n / avg(n) OVER (), 4) AS index
FROM (SELECT extract(month FROM order_date)::int AS month, count(*)::numeric AS n FROM orders GROUP BY 1) AS m
ORDER BY month;

-- name: interquartile_outliers
WITH q AS (SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY base_price) AS q1,
    percentile_cont(0.75) WITHIN GROUP (ORDER BY base_price) AS q3 FROM products)
SELECT p.product_id, p.base_price, coalesce(sum(i.stock_level), 0) AS stock
FROM products p CROSS JOIN q LEFT JOIN inventory i USING (product_id) WHERE p.base_price > q3 + 1.5 * (q3 - q1)
GROUP BY p.product_id, p.base_price
ORDER BY p.product_id;
