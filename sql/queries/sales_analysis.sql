-- One report each, behind the parts `lines` and `baskets` of reports.sql. The lines reach back to %(from_day)s, which is
-- before %(first_day)s where a report compares. Columns that begin with all_ tell of all rows, also of those that are cut;
-- findings use them, and the result goes without.

-- name: daily_sales
-- A row a day, also for days without sales, the latest first.
WITH days AS (
    SELECT
        order_date,
        count(*) AS orders,
        count(DISTINCT customer_id) AS customers,
        sum(pieces) AS pieces,
        sum(revenue) AS revenue,
        sum(revenue - cost) AS margin
    FROM baskets
    GROUP BY order_date
)
SELECT
    %(last_day)s::date - ago AS day,
    coalesce(orders, 0) AS orders,
    coalesce(customers, 0) AS customers,
    coalesce(pieces, 0) AS pieces,
    coalesce(revenue, 0) AS revenue,
    round(revenue / orders, 2) AS average_basket,
    coalesce(margin, 0) AS margin,
    sum(coalesce(revenue, 0)) OVER () AS all_revenue,
    coalesce((SELECT sum(revenue) FROM days WHERE order_date < %(first_day)s::date), 0) AS all_previous_revenue,
    count(*) FILTER (WHERE orders IS NULL) OVER () AS all_idle_days,
    first_value(%(last_day)s::date - ago) OVER best AS all_best_day,
    first_value(revenue) OVER best AS all_best_revenue
FROM generate_series(0, %(last_day)s::date - %(first_day)s::date) AS ago
LEFT JOIN days ON days.order_date = %(last_day)s::date - ago
WINDOW best AS (ORDER BY revenue DESC NULLS LAST, ago ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY ago;

-- name: top_products
SELECT
    rank() OVER (ORDER BY sold.revenue DESC) AS rank,
    product.product_id,
    product.sku,
    product.product_name,
    category.category_name AS category,
    sold.revenue,
    round(100 * sold.revenue / nullif(sum(sold.revenue) OVER (), 0), 1) AS share_percent,
    sold.pieces,
    sold.orders,
    sold.margin,
    round(100 * sold.margin / nullif(sold.revenue, 0), 1) AS margin_percent,
    count(*) OVER () AS all_products,
    sum(sold.revenue) OVER () AS all_revenue
FROM (
    SELECT
        product_id,
        sum(quantity) AS pieces,
        count(DISTINCT (store_id::bigint << 32) + order_id) AS orders,
        sum(revenue) AS revenue,
        sum(revenue - cost) AS margin
    FROM lines
    GROUP BY product_id
) AS sold
JOIN retail.products AS product ON product.product_id = sold.product_id
JOIN retail.categories AS category ON category.category_id = product.category_id
ORDER BY sold.revenue DESC, product.product_id;

-- name: customer_analysis
-- Customers by revenue. Names are looked up for the rows that are returned only.
SELECT
    customer_id,
    (SELECT first_name || ' ' || last_name FROM retail.customers WHERE customers.customer_id = buyer.customer_id) AS name,
    revenue,
    share_percent,
    orders,
    average_basket,
    pieces,
    margin,
    last_order,
    all_customers,
    all_revenue,
    all_repeat_customers,
    all_repeat_revenue
FROM (
    SELECT
        bought.*,
        round(100 * revenue / nullif(sum(revenue) OVER (), 0), 2) AS share_percent,
        round(revenue / orders, 2) AS average_basket,
        count(*) OVER () AS all_customers,
        sum(revenue) OVER () AS all_revenue,
        count(*) FILTER (WHERE orders > 1) OVER () AS all_repeat_customers,
        coalesce(sum(revenue) FILTER (WHERE orders > 1) OVER (), 0) AS all_repeat_revenue
    FROM (
        SELECT
            customer_id,
            count(*) AS orders,
            sum(pieces) AS pieces,
            sum(revenue) AS revenue,
            sum(revenue - cost) AS margin,
            max(order_date) AS last_order
        FROM baskets
        GROUP BY customer_id
    ) AS bought
) AS buyer
ORDER BY revenue DESC, customer_id;

-- name: category_performance
-- Categories that sold in the period or in the one before.
SELECT
    category.category_name AS category,
    sold.revenue,
    round(100 * sold.revenue / nullif(sum(sold.revenue) OVER (), 0), 1) AS share_percent,
    sold.pieces,
    sold.orders,
    sold.margin,
    round(100 * sold.margin / nullif(sold.revenue, 0), 1) AS margin_percent,
    sold.previous_revenue,
    round(100 * (sold.revenue - sold.previous_revenue) / nullif(sold.previous_revenue, 0), 1) AS change_percent,
    sum(sold.revenue) OVER () AS all_revenue,
    sum(sold.previous_revenue) OVER () AS all_previous_revenue,
    first_value(category.category_name) OVER grown AS all_most_grown,
    first_value(sold.revenue - sold.previous_revenue) OVER grown AS all_most_growth,
    last_value(category.category_name) OVER grown AS all_least_grown,
    last_value(sold.revenue - sold.previous_revenue) OVER grown AS all_least_growth
FROM (
    SELECT
        category_id,
        coalesce(sum(quantity) FILTER (WHERE order_date >= %(first_day)s::date), 0) AS pieces,
        count(DISTINCT (store_id::bigint << 32) + order_id) FILTER (WHERE order_date >= %(first_day)s::date) AS orders,
        coalesce(sum(revenue) FILTER (WHERE order_date >= %(first_day)s::date), 0) AS revenue,
        coalesce(sum(revenue - cost) FILTER (WHERE order_date >= %(first_day)s::date), 0) AS margin,
        coalesce(sum(revenue) FILTER (WHERE order_date < %(first_day)s::date), 0) AS previous_revenue
    FROM lines
    GROUP BY category_id
) AS sold
JOIN retail.categories AS category ON category.category_id = sold.category_id
WINDOW grown AS (
    ORDER BY sold.revenue - sold.previous_revenue DESC, category.category_name
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)
ORDER BY sold.revenue DESC, category.category_name;

-- name: sales_trends
-- Weeks of seven days, counted back from the last day, the latest first; the lines reach four weeks further back. Where a
-- week that is needed lies before the first order, there is no change and no average.
SELECT
    week_start,
    week_start + 6 AS week_end,
    orders,
    pieces,
    revenue,
    change_percent,
    moving_average,
    customers,
    average_basket,
    margin,
    margin_percent,
    first_value(week_start) OVER best AS all_best_week,
    first_value(revenue) OVER best AS all_best_revenue,
    first_value(moving_average) OVER in_time AS all_first_average,
    last_value(moving_average) OVER in_time AS all_last_average
FROM (
    SELECT
        %(last_day)s::date - 7 * ago - 6 AS week_start,
        ago,
        coalesce(orders, 0) AS orders,
        coalesce(pieces, 0) AS pieces,
        coalesce(revenue, 0) AS revenue,
        CASE WHEN %(last_day)s::date - 7 * ago - 13 >= %(orders_begin)s::date THEN
            round(100 * (coalesce(revenue, 0) / nullif(lag(coalesce(revenue, 0)) OVER in_time, 0) - 1), 1)
        END AS change_percent,
        CASE WHEN %(last_day)s::date - 7 * ago - 27 >= %(orders_begin)s::date THEN
            round(sum(coalesce(revenue, 0)) OVER (in_time ROWS 3 PRECEDING) / 4, 2)
        END AS moving_average,
        coalesce(customers, 0) AS customers,
        round(revenue / orders, 2) AS average_basket,
        coalesce(margin, 0) AS margin,
        round(100 * margin / nullif(revenue, 0), 1) AS margin_percent
    FROM generate_series(0, (%(last_day)s::date - %(from_day)s::date) / 7) AS ago
    LEFT JOIN (
        SELECT
            (%(last_day)s::date - order_date) / 7 AS ago,
            count(*) AS orders,
            count(DISTINCT customer_id) AS customers,
            sum(pieces) AS pieces,
            sum(revenue) AS revenue,
            sum(revenue - cost) AS margin
        FROM baskets
        GROUP BY 1
    ) AS sold USING (ago)
    WINDOW in_time AS (ORDER BY ago DESC)
) AS week
WHERE week_start >= %(first_day)s::date
WINDOW
    best AS (ORDER BY revenue DESC, ago ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
    in_time AS (ORDER BY ago DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY ago;
