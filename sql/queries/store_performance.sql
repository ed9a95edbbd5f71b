-- name: totals
-- One row: the figures of a period, also where nothing was sold, and the rank among %(rivals)s by revenue.
SELECT
    totals.*,
    1 + (
        SELECT count(*)
        FROM (
            SELECT sum(item.total_amount) AS revenue
            FROM retail.orders
            JOIN retail.order_items AS item ON item.store_id = orders.store_id AND item.order_id = orders.order_id
            WHERE orders.order_date BETWEEN %(from_day)s::date AND %(last_day)s::date
                AND orders.store_id = ANY (%(rivals)s::integer[])
            GROUP BY orders.store_id
        ) AS rival
        WHERE rival.revenue > totals.revenue
    ) AS rank
FROM (
    SELECT
        coalesce(sum(revenue), 0) AS revenue,
        count(*) AS orders,
        round(avg(revenue), 2) AS average_basket,
        coalesce(sum(revenue - cost), 0) AS margin,
        round(100 * sum(revenue - cost) / nullif(sum(revenue), 0), 1) AS margin_percent,
        coalesce(sum(pieces), 0) AS pieces,
        count(DISTINCT customer_id) AS customers,
        coalesce(sum(discount), 0) AS discounts,
        round(100 * sum(discount) / nullif(sum(gross), 0), 1) AS discount_percent
    FROM baskets
) AS totals;
