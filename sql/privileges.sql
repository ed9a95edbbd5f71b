-- Every grant there is. Run last at each deploy: first nothing for anybody, then what each role needs.

REVOKE ALL ON SCHEMA access, retail, ops FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys;
REVOKE ALL ON ALL TABLES IN SCHEMA access, retail, ops FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA access, retail, ops FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA access, retail, ops FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys;
ALTER DEFAULT PRIVILEGES FOR ROLE zava_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE zava_owner REVOKE ALL ON TYPES FROM PUBLIC;

-- zava_app: reads the data column by column, so that a new column is invisible until it is named here.
GRANT USAGE ON SCHEMA retail, access TO zava_app;
GRANT SELECT (store_id, store_name, rls_user_id, is_online) ON retail.stores TO zava_app;
GRANT SELECT (customer_id, first_name, last_name, email, phone, primary_store_id, created_at)
    ON retail.customers TO zava_app;
GRANT SELECT (category_id, category_name) ON retail.categories TO zava_app;
GRANT SELECT (type_id, category_id, type_name) ON retail.product_types TO zava_app;
GRANT SELECT (
    product_id, sku, product_name, category_id, type_id, cost, base_price, gross_margin_percent, product_description
) ON retail.products TO zava_app;
GRANT SELECT (product_id, description_embedding, model, content_hash, embedded_at)
    ON retail.product_description_embeddings TO zava_app;
GRANT SELECT (store_id, product_id, stock_level) ON retail.inventory TO zava_app;
GRANT SELECT (order_id, customer_id, store_id, order_date) ON retail.orders TO zava_app;
GRANT SELECT (
    order_item_id, order_id, store_id, product_id, quantity,
    unit_price, discount_percent, discount_amount, total_amount
) ON retail.order_items TO zava_app;
GRANT EXECUTE ON FUNCTION
    access.enter_context(text), access.describe_caller(),
    access.verified_caller(), access.only_store(), access.several_stores_mask(), access.visitor_mask(), access.policy_form(),
    access.customers_by_number(), access.visible_customers(), access.customers_are_joined(jsonb), access.free_operators(),
    access.plan_of(text), access.refuse_above(double precision, text, text), access.bound_bytes(bigint, bigint),
    access.visibility_is_stale(), access.served_model(), access.sees_contacts(), access.field_keys(integer[]),
    access.search_products(text, extensions.vector, text, text, numeric, numeric, integer[], double precision, integer)
    TO zava_app;

-- zava_jobs: reads the catalogue and keeps its embeddings; keeps callers' tasks, under their signed contexts; appends to
-- the audit trail; keeps what all instances know of callers, by functions alone.
GRANT USAGE ON SCHEMA retail, access, ops TO zava_jobs;
GRANT SELECT ON retail.categories, retail.product_types, retail.products TO zava_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON retail.product_description_embeddings TO zava_jobs;
GRANT SELECT ON ops.embedding_texts TO zava_jobs;
GRANT SELECT, DELETE, INSERT (product_id), UPDATE (claim, attempts, due_at, refused_by) ON ops.embedding_queue TO zava_jobs;
GRANT SELECT, INSERT (model), UPDATE (model, served_since) ON ops.served_model TO zava_jobs;
GRANT SELECT ON ops.tasks TO zava_jobs;
GRANT INSERT (
    tenant_id, object_id, client_id, store_scope, scopes, tool, arguments, input_responses, request_state, store_ids,
    lease_owner, lease_until, expires_at, token_id, token_issued_at
) ON ops.tasks TO zava_jobs;
GRANT UPDATE (
    store_ids, status, rounds, input_requests, input_responses, request_state, result, error, lease_until, updated_at
) ON ops.tasks TO zava_jobs;
GRANT EXECUTE ON FUNCTION
    access.enter_context(text), access.verified_caller(), access.served_model(),
    ops.take_over_task(uuid, interval, integer), ops.forget_expired_tasks(),
    ops.draw_allowances(uuid[], double precision[], double precision[], double precision, double precision),
    ops.forget_full_allowances(double precision, double precision), access.revocations_unless(bigint),
    ops.append_audit(jsonb)
    TO zava_jobs;

-- zava_backup: reads the data, who may see it and who did, not the signing keys. It reads the wrapped keys of encrypted
-- values: without them a backup of these would be worth nothing, and without the vault they open nothing.
GRANT USAGE ON SCHEMA retail, access, ops TO zava_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA retail TO zava_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA retail TO zava_backup;
GRANT SELECT ON access.principals, access.store_grants, access.revocations TO zava_backup;
GRANT SELECT ON ops.migrations, ops.audit, ops.audit_chain, ops.field_keys, ops.served_model, ops.row_changes,
    ops.last_backup TO zava_backup;
GRANT EXECUTE ON FUNCTION
    ops.lease_backup(uuid, integer), ops.note_backup(uuid, text, pg_snapshot, timestamptz)
    TO zava_backup;

-- zava_keys: brings and ends signing keys, and neither reads them nor anything else.
GRANT USAGE ON SCHEMA access TO zava_keys;
GRANT EXECUTE ON FUNCTION
    access.lease_keys(uuid, integer), access.install_signing_key(text, bytea, bytea),
    access.retire_signing_keys(text[])
    TO zava_keys;
