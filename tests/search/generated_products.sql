-- Two thousand more products, each between two others in meaning, so that they crowd as real ones do.
TRUNCATE retail.inventory; -- what is in stock would come before what is nearer

INSERT INTO retail.products (
    product_id, sku, product_name, category_id, type_id, cost, base_price, gross_margin_percent, product_description
)
SELECT
    1000 + number, 'GEN-' || number, 'Generated ' || number, category_id, type_id, 1, 1 + number % 1000, 33, 'Generated'
FROM generate_series(0, 1999) AS number
JOIN retail.products ON product_id = 1 + number % 424;

INSERT INTO retail.product_description_embeddings (product_id, model, description_embedding)
SELECT
    1000 + number,
    one.model,
    extensions.l2_normalize(
        one.description_embedding OPERATOR(extensions.+) (other.description_embedding OPERATOR(extensions.*) share)
    )
FROM generate_series(0, 1999) AS number
JOIN (
    SELECT step, array_fill(0.2 + 0.16 * step, ARRAY[1536])::extensions.vector AS share FROM generate_series(0, 4) AS step
) AS shares ON step = number / 424
JOIN retail.product_description_embeddings AS one ON one.product_id = 1 + number % 424
JOIN retail.product_description_embeddings AS other ON other.product_id = 1 + (number * 37 + step * 53) % 424;
