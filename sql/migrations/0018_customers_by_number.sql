-- For access.visible_customers(). No condition of a caller's is looked up in it: what the expression's functions do,
-- PostgreSQL does not take for leakproof.
CREATE INDEX customers_by_store ON retail.customers ((primary_store_id::text)) INCLUDE (primary_store_id, customer_id);

DROP FUNCTION IF EXISTS access.refuse_above(double precision, text);
