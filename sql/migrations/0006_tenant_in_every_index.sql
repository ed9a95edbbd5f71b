-- Every index of a tenant's table has the tenant in it, so that the policy is among the conditions looked up in it
-- (functions/policies_first.sql).
DROP INDEX retail.orders_by_number;
CREATE INDEX orders_by_number ON retail.orders (order_id, store_id);
