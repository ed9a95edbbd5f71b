-- Every index of a tenant's table has the tenant in it, so that the policy is among the conditions looked up in it
-- (functions/policies_first.sql), and no time is spent on rows of other stores.
DROP INDEX retail.orders_by_number;
CREATE INDEX orders_by_number ON retail.orders (order_id, store_id);

-- The policy of customers cannot be looked up. So no index serves a condition of a caller on them but that of their numbers:
-- how long a look at an address takes would tell whether there are such addresses at other stores. Unique within a store,
-- as before: by an expression whose functions PostgreSQL does not take for leakproof, so that no caller's condition is it.
ALTER TABLE retail.customers DROP CONSTRAINT customers_primary_store_id_email_key;
ALTER TABLE retail.customers ADD CONSTRAINT customers_unique_email_per_store
    EXCLUDE USING hash ((primary_store_id::text || ' ' || email) WITH =);
