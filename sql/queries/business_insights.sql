-- One kind of insight each, behind the parts of reports.sql, as in sales_analysis.sql.

-- name: customer_segmentation
-- Recency, frequency, monetary: %(recent_days)s tell who bought lately, two orders who comes again, and the top by revenue
-- (%(high_share)s of the others spend less) whose purchases weigh.
WITH buyers AS (
    SELECT
        customer_id,
        count(*) AS orders,
        sum(revenue) AS revenue,
        sum(revenue - cost) AS margin,
        %(last_day)s::date - max(order_date) AS days_ago
    FROM baskets
    GROUP BY customer_id
),
judged AS (
    SELECT
        buyers.*,
        days_ago < %(recent_days)s::integer AS recent,
        orders > 1 AS faithful,
        percent_rank() OVER (ORDER BY revenue) >= %(high_share)s::numeric AS high
    FROM buyers
),
named AS (
    SELECT
        judged.*,
        CASE
            WHEN recent AND faithful AND high THEN 'champions'
            WHEN recent AND faithful THEN 'loyal'
            WHEN recent AND high THEN 'big spenders'
            WHEN recent THEN 'recent'
            WHEN faithful OR high THEN 'at risk'
            ELSE 'lapsing'
        END AS segment
    FROM judged
)
SELECT
    segment,
    count(*) AS customers,
    round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS customers_percent,
    sum(revenue) AS revenue,
    round(100 * sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0), 1) AS share_percent,
    sum(margin) AS margin,
    round(avg(revenue), 2) AS revenue_per_customer,
    round(avg(orders), 2) AS orders_per_customer,
    round(avg(days_ago), 1) AS days_since_order,
    sum(count(*)) OVER () AS all_customers,
    sum(count(*) FILTER (WHERE segment = 'at risk')) OVER () AS all_at_risk,
    coalesce(sum(sum(revenue) FILTER (WHERE segment = 'at risk')) OVER (), 0) AS all_at_risk_revenue,
    sum(sum(revenue)) OVER () AS all_revenue
FROM named
GROUP BY segment
ORDER BY sum(revenue) DESC, segment;

-- name: product_performance
-- Products that sold in the period or in the one before. Class A makes the first %(a_share)s of revenue, B goes on to
-- %(b_share)s; a trend is a change by %(trend_percent)s per cent.
SELECT
    judged.product_id,
    product.sku,
    product.product_name,
    category.category_name AS category,
    judged.class,
    judged.trend,
    judged.revenue,
    judged.previous_revenue,
    judged.change_percent,
    judged.pieces,
    judged.margin,
    round(100 * judged.margin / nullif(judged.revenue, 0), 1) AS margin_percent,
    count(*) FILTER (WHERE judged.class = 'A') OVER () AS all_a_products,
    count(*) OVER () AS all_products,
    count(*) FILTER (WHERE judged.trend IN ('rising', 'started')) OVER () AS all_rising,
    count(*) FILTER (WHERE judged.trend IN ('falling', 'stopped')) OVER () AS all_falling,
    last_value(product.product_name) OVER grown AS all_least_grown,
    last_value(judged.revenue - judged.previous_revenue) OVER grown AS all_least_growth,
    first_value(product.product_name) OVER grown AS all_most_grown,
    first_value(judged.revenue - judged.previous_revenue) OVER grown AS all_most_growth
FROM (
    SELECT
        sold.*,
        CASE
            WHEN revenue > 0 AND before < %(a_share)s::numeric * every THEN 'A'
            WHEN revenue > 0 AND before < %(b_share)s::numeric * every THEN 'B'
            ELSE 'C'
        END AS class,
        CASE
            WHEN previous_revenue = 0 THEN 'started'
            WHEN revenue = 0 THEN 'stopped'
            WHEN change_percent >= %(trend_percent)s THEN 'rising'
            WHEN change_percent <= -%(trend_percent)s THEN 'falling'
            ELSE 'steady'
        END AS trend
    FROM (
        SELECT
            lines_of.*,
            round(100 * (revenue - previous_revenue) / nullif(previous_revenue, 0), 1) AS change_percent,
            sum(revenue) OVER () AS every,
            sum(revenue) OVER (ORDER BY revenue DESC, product_id) - revenue AS before
        FROM (
            SELECT
                product_id,
                coalesce(sum(quantity) FILTER (WHERE order_date >= %(first_day)s::date), 0) AS pieces,
                coalesce(sum(revenue) FILTER (WHERE order_date >= %(first_day)s::date), 0) AS revenue,
                coalesce(sum(revenue - cost) FILTER (WHERE order_date >= %(first_day)s::date), 0) AS margin,
                coalesce(sum(revenue) FILTER (WHERE order_date < %(first_day)s::date), 0) AS previous_revenue
            FROM lines
            GROUP BY product_id
        ) AS lines_of
    ) AS sold
) AS judged
JOIN retail.products AS product ON product.product_id = judged.product_id
JOIN retail.categories AS category ON category.category_id = product.category_id
WINDOW grown AS (
    ORDER BY judged.revenue - judged.previous_revenue DESC, judged.product_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)
ORDER BY judged.revenue DESC, judged.product_id;

-- name: seasonal_trends
-- A row a calendar month of twelve whole ones, beside the same months a year before where the orders reach back so far
-- (then %(from_day)s is a year before %(first_day)s). An index of 100 is the average day of all of them: for the months, of
-- all sales; for a category, of its own. The strongest category has the most revenue above its own average.
WITH sold AS MATERIALIZED (
    SELECT date_trunc('month', order_date)::date AS month_start, category_id, sum(revenue) AS revenue
    FROM lines
    GROUP BY 1, 2
),
calendar AS (
    SELECT
        extract(month FROM month_start)::integer AS month,
        to_char(max(month_start), 'FMMonth') AS name,
        sum((month_start + interval '1 month')::date - month_start::date) AS days
    FROM generate_series(%(from_day)s::timestamp, %(last_day)s::timestamp, interval '1 month') AS month_start
    GROUP BY 1
),
months AS (
    SELECT
        extract(month FROM month_start)::integer AS month,
        sum(revenue) AS revenue,
        sum(revenue) FILTER (WHERE month_start >= %(first_day)s::date) AS latest_revenue,
        sum(revenue) FILTER (WHERE month_start < %(first_day)s::date) AS previous_revenue
    FROM sold
    GROUP BY 1
),
average AS (
    SELECT
        (SELECT sum(revenue) FROM months) / sum(days) AS revenue,
        sum(days) AS days
    FROM calendar
),
seasonal_categories AS (
    SELECT DISTINCT ON (month)
        month,
        category_name,
        round(100 * (of_month.revenue / days) / nullif(per_day, 0)) AS category_index
    FROM (
        SELECT extract(month FROM month_start)::integer AS month, category_id, sum(revenue) AS revenue
        FROM sold
        GROUP BY 1, 2
    ) AS of_month
    JOIN calendar USING (month)
    JOIN (
        SELECT category_id, sum(sold.revenue) / max(average.days) AS per_day
        FROM sold CROSS JOIN average
        GROUP BY category_id
    ) AS usual USING (category_id)
    JOIN retail.categories USING (category_id)
    ORDER BY month, of_month.revenue - per_day * days DESC, category_name
)
SELECT
    calendar.month,
    calendar.name AS month_name,
    coalesce(months.latest_revenue, 0) AS revenue,
    CASE WHEN %(from_day)s::date < %(first_day)s::date THEN coalesce(months.previous_revenue, 0) END AS previous_revenue,
    round(100 * (coalesce(months.latest_revenue, 0) / nullif(months.previous_revenue, 0) - 1), 1) AS change_percent,
    season.index AS seasonal_index,
    seasonal_categories.category_name AS strongest_category,
    seasonal_categories.category_index,
    first_value(calendar.name) OVER strong AS all_strongest,
    first_value(season.index) OVER strong AS all_strongest_index,
    last_value(calendar.name) OVER strong AS all_weakest,
    last_value(season.index) OVER strong AS all_weakest_index,
    string_agg(calendar.name || ' (' || seasonal_categories.category_name || ')', ', ')
        FILTER (WHERE season.index >= %(season_index)s) OVER in_order AS all_seasons
FROM calendar
CROSS JOIN average
LEFT JOIN months USING (month)
LEFT JOIN seasonal_categories USING (month)
CROSS JOIN LATERAL (
    SELECT round(100 * coalesce(months.revenue, 0) / calendar.days / nullif(average.revenue, 0)) AS index
) AS season
WINDOW
    strong AS (
        ORDER BY season.index DESC NULLS LAST, calendar.month ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ),
    in_order AS (ORDER BY calendar.month ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY calendar.month;

-- name: inventory_risks
-- Stock of a store and product against what it sold: out of stock while selling, stock for fewer than %(low_days)s days or
-- for more than %(over_days)s, and stock that did not sell. What is dearest of each comes first.
SELECT
    judged.risk,
    store.store_name AS store,
    judged.product_id,
    product.sku,
    product.product_name,
    category.category_name AS category,
    judged.stock_level,
    judged.pieces,
    judged.days_of_cover,
    round(judged.revenue / judged.days, 2) AS revenue_per_day,
    judged.stock_level * product.cost AS stock_value,
    count(*) FILTER (WHERE judged.risk = 'out of stock') OVER () AS all_out_of_stock,
    coalesce(sum(judged.revenue) FILTER (WHERE judged.risk = 'out of stock') OVER (), 0) AS all_lost_revenue,
    count(*) FILTER (WHERE judged.risk = 'low stock') OVER () AS all_low_stock,
    count(*) FILTER (WHERE judged.risk IN ('overstock', 'unsold')) OVER () AS all_overstock,
    coalesce(
        sum(judged.stock_level * product.cost) FILTER (WHERE judged.risk IN ('overstock', 'unsold')) OVER (), 0
    ) AS all_overstock_value
FROM (
    SELECT
        held.*,
        CASE
            WHEN stock_level = 0 THEN 'out of stock'
            WHEN pieces = 0 THEN 'unsold'
            WHEN stock_level * days < %(low_days)s * pieces THEN 'low stock'
            WHEN stock_level * days > %(over_days)s * pieces THEN 'overstock'
        END AS risk,
        round(stock_level * days / nullif(pieces, 0)::numeric, 1) AS days_of_cover
    FROM (
        SELECT
            store_id,
            product_id,
            coalesce(stock_level, 0) AS stock_level,
            coalesce(pieces, 0) AS pieces,
            coalesce(revenue, 0) AS revenue,
            %(last_day)s::date - %(first_day)s::date + 1 AS days
        FROM (
            SELECT store_id, product_id, stock_level
            FROM retail.inventory
            WHERE store_id = ANY (%(stores)s::integer[])
        ) AS stock
        FULL JOIN (
            SELECT store_id, product_id, sum(quantity) AS pieces, sum(revenue) AS revenue
            FROM lines
            GROUP BY store_id, product_id
        ) AS sold USING (store_id, product_id)
    ) AS held
    WHERE stock_level > 0 OR pieces > 0
) AS judged
JOIN retail.stores AS store ON store.store_id = judged.store_id
JOIN retail.products AS product ON product.product_id = judged.product_id
JOIN retail.categories AS category ON category.category_id = product.category_id
WHERE judged.risk IS NOT NULL
ORDER BY
    array_position(ARRAY['out of stock', 'low stock', 'overstock', 'unsold'], judged.risk),
    CASE WHEN judged.risk IN ('out of stock', 'low stock') THEN judged.revenue ELSE judged.stock_level * product.cost END DESC,
    judged.store_id,
    judged.product_id;
