"""Each way to break isolation is found, by a login that connects afterwards as the server does."""

import pytest

from tests.attestation.sabotage import LEAK, SCOPE_IGNORED, Sabotage, attested, sabotaged
from tests.conftest import Database

pytestmark = pytest.mark.anyio


_VERIFIED = """
CREATE OR REPLACE FUNCTION access.verified_caller() RETURNS access.visibility
LANGUAGE {language} STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $${body}$$
"""
_DEFINER = """
CREATE OR REPLACE FUNCTION access.{name}() RETURNS {returns}
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${body}$$
"""
ANY_CONTEXT = _VERIFIED.format(
    language="sql",
    body="""
    SELECT ROW (split_part(context, '|', 2)::uuid, '{}'::integer[], NULL::boolean[], false)::access.visibility
    FROM (VALUES (current_setting('app.rls_context', true))) AS setting (context) WHERE context LIKE 'v1|%|%|%|%|%'
    """,
)
HEAD_OFFICE = _VERIFIED.format(
    language="sql", body="SELECT visibility FROM access.visibility WHERE sees_all ORDER BY principal_id LIMIT 1"
)
ALL_TRUE = _DEFINER.format(name="store_mask", returns="boolean[]", body="SELECT array_fill(true, ARRAY[200])")
ALL_STORES = _DEFINER.format(
    name="visible_stores", returns="integer[]", body="SELECT array_agg(store_id) FROM retail.stores"
)

SABOTAGES = {
    # The login
    "login is a superuser": Sabotage(
        "ALTER ROLE zava_app SUPERUSER", "login policies privileges system_privileges functions canaries"
    ),
    "login bypasses policies": Sabotage("ALTER ROLE zava_app BYPASSRLS", "login canaries"),
    "login may replicate": Sabotage("ALTER ROLE zava_app REPLICATION", "login"),
    "login may create roles": Sabotage("ALTER ROLE zava_app CREATEROLE", "login"),
    "login may create databases": Sabotage("ALTER ROLE zava_app CREATEDB", "login"),
    "login is another role": Sabotage(
        "ALTER ROLE zava_app SET role = pg_monitor; GRANT pg_monitor TO zava_app",
        "login memberships policies system_privileges settings canaries",
    ),
    "member of the owner": Sabotage("GRANT zava_owner TO zava_app", "memberships policies"),
    "member of another login": Sabotage("GRANT zava_backup TO zava_app", "memberships policies"),
    "member of pg_read_all_data": Sabotage("GRANT pg_read_all_data TO zava_app", "memberships"),
    "member without inheriting": Sabotage("GRANT pg_write_all_data TO zava_app WITH INHERIT FALSE", "memberships"),
    "member through another": Sabotage(
        "CREATE ROLE between; GRANT zava_owner TO between; GRANT between TO zava_app",
        "memberships policies",
        "DROP ROLE between",
    ),
    # Ownership
    "table owned by the login": Sabotage(
        "ALTER TABLE retail.orders OWNER TO zava_app",
        "ownership privileges",
        "ALTER TABLE retail.orders OWNER TO zava_owner",
    ),
    "schema owned by the login": Sabotage(
        "ALTER SCHEMA retail OWNER TO zava_app",
        "ownership privileges",
        "ALTER SCHEMA retail OWNER TO zava_owner",
    ),
    "function owned by another": Sabotage(
        "ALTER FUNCTION access.store_mask() OWNER TO postgres",
        "ownership",
        "ALTER FUNCTION access.store_mask() OWNER TO zava_owner",
    ),
    "owner logs in": Sabotage("ALTER ROLE zava_owner LOGIN", "ownership"),
    # Tables
    "policies disabled": Sabotage("ALTER TABLE retail.orders DISABLE ROW LEVEL SECURITY", "tables canaries"),
    "policies not forced": Sabotage("ALTER TABLE retail.customers NO FORCE ROW LEVEL SECURITY", "tables"),
    "new table without policies": Sabotage(
        "CREATE TABLE retail.notes AS SELECT * FROM retail.orders LIMIT 3; GRANT SELECT ON retail.notes TO zava_app",
        "tables ownership",
        "DROP TABLE retail.notes",
    ),
    "table that nobody knows": Sabotage(
        "CREATE TABLE retail.notes (i int); ALTER TABLE retail.notes ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE retail.notes FORCE ROW LEVEL SECURITY; ALTER TABLE retail.notes OWNER TO zava_owner",
        "tables",
        "DROP TABLE retail.notes",
    ),
    "view of the owner": Sabotage(
        "CREATE VIEW retail.all_orders AS SELECT * FROM retail.orders; GRANT SELECT ON retail.all_orders TO zava_app",
        "tables ownership",
        "DROP VIEW retail.all_orders",
    ),
    "view of the owner elsewhere": Sabotage(
        "CREATE VIEW extensions.all_orders AS SELECT * FROM retail.orders;"
        "GRANT SELECT ON extensions.all_orders TO zava_app",
        "privileges",
        "DROP VIEW extensions.all_orders",
    ),
    "materialised view": Sabotage(
        "CREATE MATERIALIZED VIEW retail.totals AS SELECT store_id, count(*) FROM retail.orders GROUP BY 1",
        "tables ownership",
        "DROP MATERIALIZED VIEW retail.totals",
    ),
    "table under another name": Sabotage(
        "ALTER TABLE retail.inventory RENAME TO stock",
        "tables policies canaries",
        "ALTER TABLE retail.stock RENAME TO inventory",
    ),
    # Policies
    "true for the login": LEAK,
    "true for everybody": Sabotage(
        "CREATE POLICY everything ON retail.orders FOR SELECT USING (true)", "policies canaries"
    ),
    "true instead of the guard": Sabotage(
        "ALTER POLICY select_callers ON retail.order_items USING (true)", "policies canaries"
    ),
    "guard or true": Sabotage(
        "ALTER POLICY select_callers ON retail.orders USING ((SELECT access.store_mask())[store_id] OR store_id = 1)",
        "policies canaries",
    ),
    "guard and more, or true": Sabotage(
        "ALTER POLICY select_callers ON retail.orders"
        " USING (((SELECT access.store_mask())[store_id] AND order_id > 0) OR store_id = 1)",
        "policies canaries",
    ),
    "guard that costs": Sabotage(
        "ALTER POLICY select_callers ON retail.orders"
        " USING (store_id = ANY ((SELECT access.visible_stores())::integer[]))",
        "policies",
    ),
    "guard of another column": Sabotage(
        "ALTER POLICY select_callers ON retail.inventory USING ((SELECT access.store_mask())[product_id])", "policies"
    ),
    "catalogue guard on a tenant table": Sabotage(
        "ALTER POLICY select_callers ON retail.orders USING ((SELECT cardinality(access.visible_stores()) > 0))",
        "policies",
    ),
    "policy for PUBLIC": Sabotage("ALTER POLICY select_callers ON retail.orders TO PUBLIC", "policies"),
    "policy shared with another role": Sabotage(
        "ALTER POLICY select_callers ON retail.orders TO zava_app, zava_jobs", "policies"
    ),
    "policy dropped": Sabotage("DROP POLICY select_callers ON retail.orders", "policies"),
    "policy for every command": Sabotage(
        "DROP POLICY select_callers ON retail.orders;"
        "CREATE POLICY select_callers ON retail.orders TO zava_app USING ((SELECT access.store_mask())[store_id])",
        "policies",
    ),
    "policy for INSERT": Sabotage(
        "CREATE POLICY more ON retail.orders FOR INSERT TO zava_app WITH CHECK (true)", "policies"
    ),
    "restrictive policy": Sabotage(
        "CREATE POLICY less ON retail.orders AS RESTRICTIVE FOR SELECT TO zava_app USING (order_id > 0)", "policies"
    ),
    # Privileges
    "signing keys": Sabotage("GRANT SELECT ON access.signing_keys TO zava_app", "privileges"),
    "one column of the signing keys": Sabotage(
        "GRANT SELECT (inner_pad) ON access.signing_keys TO PUBLIC", "privileges"
    ),
    "grants": Sabotage("GRANT INSERT ON access.store_grants TO zava_app", "privileges"),
    "inserts": Sabotage("GRANT INSERT ON retail.orders TO zava_app", "privileges"),
    "updates of one column": Sabotage("GRANT UPDATE (order_date) ON retail.orders TO zava_app", "privileges"),
    "maintenance": Sabotage("GRANT MAINTAIN ON retail.orders TO zava_app", "privileges"),
    "triggers": Sabotage("GRANT TRIGGER ON retail.orders TO PUBLIC", "privileges"),
    "sequences": Sabotage("GRANT USAGE ON SEQUENCE retail.orders_order_id_seq TO zava_app", "privileges"),
    "temporary tables": Sabotage("GRANT TEMP ON DATABASE {database} TO zava_app", "privileges"),
    "temporary tables for everybody": Sabotage("GRANT TEMP ON DATABASE {database} TO PUBLIC", "privileges"),
    "schemas of its own": Sabotage(
        "GRANT CREATE ON DATABASE {database} TO zava_app",
        "privileges",
        "REVOKE CREATE ON DATABASE {database} FROM zava_app",
    ),
    "objects in retail": Sabotage("GRANT CREATE ON SCHEMA retail TO zava_app", "privileges"),
    "objects in extensions": Sabotage(
        "GRANT CREATE ON SCHEMA extensions TO PUBLIC", "privileges", "REVOKE CREATE ON SCHEMA extensions FROM PUBLIC"
    ),
    "passwords of all roles": Sabotage(
        "GRANT SELECT ON pg_authid TO zava_app", "system_privileges", "REVOKE SELECT ON pg_authid FROM zava_app"
    ),
    "values of all tenants": Sabotage(
        "GRANT SELECT (stavalues1) ON pg_statistic TO PUBLIC",
        "system_privileges",
        "REVOKE SELECT (stavalues1) ON pg_statistic FROM PUBLIC",
    ),
    "files of the server": Sabotage(
        "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO zava_app",
        "system_privileges",
        "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM zava_app",
    ),
    "a parameter": Sabotage(
        "GRANT SET ON PARAMETER session_replication_role TO zava_app",
        "system_privileges",
        "REVOKE SET ON PARAMETER session_replication_role FROM zava_app",
    ),
    # Functions
    "any context is accepted": Sabotage(ANY_CONTEXT, "functions canaries"),
    "everybody is the head office": Sabotage(HEAD_OFFICE, "functions canaries"),
    "the mask is all true": Sabotage(ALL_TRUE, "functions canaries"),
    "every store is a hint": Sabotage(ALL_STORES, "functions"),
    "the scope is ignored": SCOPE_IGNORED,
    "no context is accepted": Sabotage(
        _VERIFIED.format(language="plpgsql", body="BEGIN RETURN NULL; END"), "functions"
    ),
    "a function is dropped": Sabotage(
        "ALTER FUNCTION access.visitor_mask() RENAME TO gone",
        "functions policies",
        "DROP FUNCTION IF EXISTS access.gone() CASCADE",
    ),
    "a function without search_path": Sabotage("ALTER FUNCTION access.store_mask() RESET ALL", "functions"),
    "a function with another search_path": Sabotage(
        "ALTER FUNCTION access.store_mask() SET search_path = public, pg_catalog", "functions"
    ),
    "verified_caller is callable": Sabotage(
        "GRANT EXECUTE ON FUNCTION access.verified_caller() TO zava_app", "functions"
    ),
    "a definer function for everybody": Sabotage(
        "CREATE FUNCTION retail.total() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM retail.orders'",
        "functions ownership",
        "DROP FUNCTION retail.total()",
    ),
    "a definer function elsewhere": Sabotage(
        "CREATE FUNCTION public.total() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM retail.orders'",
        "functions",
        "DROP FUNCTION public.total()",
    ),
    "a leakproof function": Sabotage(
        "CREATE FUNCTION extensions.tell(text) RETURNS boolean LANGUAGE plpgsql LEAKPROOF COST 0.0001"
        " AS 'BEGIN RAISE NOTICE ''%'', $1; RETURN true; END'",
        "functions",
        "DROP FUNCTION extensions.tell(text)",
    ),
    "a callable that is no longer": Sabotage(
        "REVOKE EXECUTE ON FUNCTION access.store_mask() FROM zava_app", "canaries"
    ),
    # Settings
    "writes by default": Sabotage("ALTER ROLE zava_app SET default_transaction_read_only = off", "settings"),
    "no time limit": Sabotage("ALTER ROLE zava_app SET statement_timeout = 0", "settings"),
    "another search_path": Sabotage("ALTER ROLE zava_app SET search_path = public, retail", "settings"),
    "a setting for this database": Sabotage(
        "ALTER ROLE zava_app IN DATABASE {database} SET standard_conforming_strings = off", "settings"
    ),
    "a setting forgotten": Sabotage("ALTER ROLE zava_app RESET track_activities", "settings"),
    "a setting more": Sabotage("ALTER ROLE zava_app SET app.rls_context = 'v1|'", "settings"),
    "row security off": Sabotage("ALTER ROLE zava_app SET row_security = off", "login settings canaries"),
}


async def test_a_sound_database_holds(breakable: Database) -> None:
    assert (await attested(breakable)).findings == ()


@pytest.mark.parametrize("how", SABOTAGES)
async def test_sabotage_is_found(breakable: Database, how: str) -> None:
    with sabotaged(breakable, SABOTAGES[how]):
        attestation = await attested(breakable)
    assert not attestation.holds
    assert {finding.check for finding in attestation.findings} == set(SABOTAGES[how].found.split())


async def test_a_deploy_repairs_what_a_deploy_is_for(breakable: Database) -> None:
    """Behind all of the above."""
    assert (await attested(breakable)).findings == ()
