"""The domain that is served where nobody names another one: Zava's shops."""

from shared.domain import CATALOGUE, STORE_MASK, Domain, Table, tenant_rows

_FIRST_STORE = "( SELECT (access.verified_caller()).store_ids[1] AS store_ids)"
_SEVERAL_STORES_MASK = "( SELECT access.several_stores_mask() AS several_stores_mask)"
_VISITOR_MASK = "( SELECT access.visitor_mask() AS visitor_mask)"
_EMBEDDINGS = f"(({CATALOGUE.condition}) AND (model = ( SELECT access.served_model() AS served_model)))"
_CUSTOMERS = (
    "CASE WHEN access.customers_by_number() THEN"
    " (customer_id = ANY (( SELECT access.visible_customers() AS visible_customers)::integer[]))"
    " ELSE CASE WHEN (access.policy_form() = ANY (ARRAY['list'::text, 'store'::text]))"
    f" THEN ((primary_store_id = {_FIRST_STORE})"
    f" OR ({_SEVERAL_STORES_MASK})[primary_store_id] OR ({_VISITOR_MASK})[customer_id])"
    f" ELSE (({STORE_MASK})[primary_store_id] OR ({_VISITOR_MASK})[customer_id]) END END"
)

DOMAIN = Domain(
    schema="retail",
    tables={
        "stores": CATALOGUE,
        "customers": Table(_CUSTOMERS),
        "categories": CATALOGUE,
        "product_types": CATALOGUE,
        "products": CATALOGUE,
        "product_description_embeddings": Table(_EMBEDDINGS),
        "inventory": tenant_rows("store_id"),
        "orders": tenant_rows("store_id"),
        "order_items": tenant_rows("store_id"),
    },
    sql=None,
    offers="shared.retail_offers",
)
RETAIL = DOMAIN
