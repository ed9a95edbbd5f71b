"""Each way to break isolation is found, by a login that connects afterwards as the server does."""

import pytest

from shared.database.schema import SQL_FOLDER
from tests.attestation.sabotage import LEAK, SCOPE_IGNORED, Sabotage, attested, sabotaged
from tests.conftest import Database

pytestmark = pytest.mark.anyio


_VERIFIED = """
CREATE OR REPLACE FUNCTION access.verified_caller() RETURNS access.visibility
LANGUAGE {language} STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${body}$$
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
ALL_TRUE = _VERIFIED.format(
    language="sql",
    body="SELECT ROW (principal_id, store_ids, array_fill(true, ARRAY[200]), false)::access.visibility"
    " FROM access.visibility LIMIT 1",
)
ALWAYS_THE_LIST = """
CREATE OR REPLACE FUNCTION access.policy_form() RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN ''list''; END'
"""

_FUNCTIONS = {path.stem: path.read_text(encoding="utf-8") for path in (SQL_FOLDER / "functions").glob("*.sql")}
_REFRESH = "ON access.store_grants FOR EACH STATEMENT EXECUTE FUNCTION"
_ANY_CHANGE = "AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON access.store_grants FOR EACH STATEMENT"
_ALWAYS = "ALTER TABLE access.store_grants ENABLE ALWAYS TRIGGER refresh_visibility"
_NOTHING = "CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"

_MASK = "(SELECT (access.verified_caller()).store_mask)"

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
        "ownership privileges canaries",
        "ALTER SCHEMA retail OWNER TO zava_owner",
    ),
    "function owned by another": Sabotage(
        "ALTER FUNCTION access.visitor_mask() OWNER TO postgres",
        "ownership",
        "ALTER FUNCTION access.visitor_mask() OWNER TO zava_owner",
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
    # Indexes
    "an index without the tenant": Sabotage(
        "CREATE INDEX another ON retail.orders (order_id)", "indexes", "DROP INDEX retail.another"
    ),
    "the tenant carried along": Sabotage(
        "CREATE INDEX another ON retail.order_items (order_id) INCLUDE (store_id)",
        "indexes",
        "DROP INDEX retail.another",
    ),
    "the tenant in an expression": Sabotage(
        "CREATE INDEX another ON retail.inventory (product_id, (store_id + 0))", "indexes", "DROP INDEX retail.another"
    ),
    "a second index on customers": Sabotage(
        "CREATE INDEX another ON retail.customers (primary_store_id, email)", "indexes", "DROP INDEX retail.another"
    ),
    "customers unlike each other by address": Sabotage(
        "ALTER TABLE retail.customers ADD CONSTRAINT another EXCLUDE USING btree (customer_id WITH =, email WITH =)",
        "indexes",
        "ALTER TABLE retail.customers DROP CONSTRAINT another",
    ),
    "customers unique by address": Sabotage(
        "ALTER TABLE retail.customers ADD CONSTRAINT another UNIQUE (customer_id, email)",
        "indexes",
        "ALTER TABLE retail.customers DROP CONSTRAINT another",
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
        "tables policies canaries triggers",
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
        f"ALTER POLICY select_callers ON retail.orders USING ({_MASK}[store_id] OR store_id = 1)",
        "policies canaries",
    ),
    "guard and more, or true": Sabotage(
        f"ALTER POLICY select_callers ON retail.orders USING (({_MASK}[store_id] AND order_id > 0) OR store_id = 1)",
        "policies canaries",
    ),
    "guard that costs": Sabotage(
        "ALTER POLICY select_callers ON retail.orders"
        " USING (store_id = ANY ((SELECT (access.verified_caller()).store_ids)::integer[]))",
        "policies",
    ),
    "guard of another column": Sabotage(
        f"ALTER POLICY select_callers ON retail.inventory USING ({_MASK}[product_id])",
        "policies",
    ),
    "catalogue guard on a tenant table": Sabotage(
        "ALTER POLICY select_callers ON retail.orders"
        " USING ((SELECT cardinality((access.verified_caller()).store_ids) > 0))",
        "policies",
    ),
    "policy for PUBLIC": Sabotage("ALTER POLICY select_callers ON retail.orders TO PUBLIC", "policies"),
    "policy shared with another role": Sabotage(
        "ALTER POLICY select_callers ON retail.orders TO zava_app, zava_jobs", "policies"
    ),
    "policy dropped": Sabotage("DROP POLICY select_callers ON retail.orders", "policies"),
    "policy for every command": Sabotage(
        "DROP POLICY select_callers ON retail.orders;"
        f"CREATE POLICY select_callers ON retail.orders TO zava_app USING ({_MASK}[store_id])",
        "policies",
    ),
    "policy for INSERT": Sabotage(
        "CREATE POLICY more ON retail.orders FOR INSERT TO zava_app WITH CHECK (true)", "policies"
    ),
    "restrictive policy": Sabotage(
        "CREATE POLICY less ON retail.orders AS RESTRICTIVE FOR SELECT TO zava_app USING (order_id > 0)", "policies"
    ),
    # Privileges
    "signing keys": Sabotage("GRANT SELECT ON access.signing_keys TO zava_app", "privileges keys"),
    "one column of the signing keys": Sabotage(
        "GRANT SELECT (inner_pad) ON access.signing_keys TO PUBLIC", "privileges keys"
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
    "the list will always do": Sabotage(ALWAYS_THE_LIST, "functions"),
    "the scope is ignored": SCOPE_IGNORED,
    "no context is accepted": Sabotage(
        _VERIFIED.format(language="plpgsql", body="BEGIN RETURN NULL; END"), "functions"
    ),
    "a function is dropped": Sabotage(
        "ALTER FUNCTION access.visitor_mask() RENAME TO gone",
        "functions policies",
        "DROP FUNCTION IF EXISTS access.gone() CASCADE",
    ),
    "a function without search_path": Sabotage("ALTER FUNCTION access.verified_caller() RESET ALL", "functions"),
    "a function with another search_path": Sabotage(
        "ALTER FUNCTION access.verified_caller() SET search_path = public, pg_catalog", "functions"
    ),
    "a function that changes is called unchanging": Sabotage(
        "ALTER FUNCTION access.verified_caller() IMMUTABLE", "functions canaries"
    ),
    "a function that never changes is called changing": Sabotage(
        "ALTER FUNCTION access.policy_form() VOLATILE", "functions"
    ),
    "a function with the rights of the caller": Sabotage(
        "ALTER FUNCTION access.verified_caller() SECURITY INVOKER", "functions canaries"
    ),
    "a function with the rights of the owner": Sabotage(
        "ALTER FUNCTION access.plan_of(text) SECURITY DEFINER", "functions"
    ),
    "a function of ours that is leakproof": Sabotage("ALTER FUNCTION access.verified_caller() LEAKPROOF", "functions"),
    "a function that is not called for NULL": Sabotage("ALTER FUNCTION access.enter_context(text) STRICT", "functions"),
    "a function that workers may run": Sabotage("ALTER FUNCTION access.enter_context(text) PARALLEL SAFE", "functions"),
    "a function with a cost": Sabotage("ALTER FUNCTION access.verified_caller() COST 0.0001", "functions"),
    "a function with a setting more": Sabotage(
        "ALTER FUNCTION access.visitor_mask() SET row_security = off", "functions"
    ),
    "a function in another language": Sabotage(
        "SET check_function_bodies = off;" + _FUNCTIONS["policy_form"].replace("LANGUAGE plpgsql", "LANGUAGE sql"),
        "functions canaries",
    ),
    "a function for other arguments": Sabotage(
        _FUNCTIONS["policy_form"].replace("access.policy_form()", "access.policy_form(integer)"),
        "functions ownership",
        "DROP FUNCTION access.policy_form(integer)",
    ),
    "a function that nobody knows": Sabotage(
        "SET ROLE zava_owner; CREATE FUNCTION ops.nothing() RETURNS integer LANGUAGE sql RETURN 1; RESET ROLE",
        "functions",
        "DROP FUNCTION ops.nothing()",
    ),
    "an aggregate that nobody knows": Sabotage(
        "SET ROLE zava_owner; CREATE AGGREGATE access.total(integer) (SFUNC = int4pl, STYPE = integer); RESET ROLE",
        "functions",
        "DROP AGGREGATE access.total(integer)",
    ),
    "mask_of is callable": Sabotage("GRANT EXECUTE ON FUNCTION access.mask_of(integer[]) TO zava_app", "functions"),
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
        "REVOKE EXECUTE ON FUNCTION access.verified_caller() FROM zava_app", "canaries"
    ),
    # Triggers
    "triggers of orders disabled": Sabotage("ALTER TABLE retail.orders DISABLE TRIGGER USER", "triggers"),
    "triggers that replicas' loads pass": Sabotage(
        "ALTER TABLE access.store_grants DISABLE TRIGGER USER; ALTER TABLE access.store_grants ENABLE TRIGGER USER",
        "triggers",
    ),
    "triggers for replicas' loads only": Sabotage(
        "ALTER TABLE retail.stores ENABLE REPLICA TRIGGER refresh_visibility", "triggers"
    ),
    "foreign keys disabled": Sabotage(
        "ALTER TABLE access.principals DISABLE TRIGGER ALL",
        "triggers",
        "ALTER TABLE access.principals ENABLE TRIGGER ALL",
    ),
    "a list of revoked tokens that changes unnoticed": Sabotage(
        "ALTER TABLE access.revocations DISABLE TRIGGER count_revocation", "triggers"
    ),
    "a trigger dropped": Sabotage("DROP TRIGGER refresh_visibility ON access.store_grants", "triggers"),
    "a trigger under another name": Sabotage(
        "ALTER TRIGGER refresh_visibility ON access.store_grants RENAME TO another",
        "triggers",
        "DROP TRIGGER another ON access.store_grants",
    ),
    "a trigger for fewer commands": Sabotage(
        f"CREATE OR REPLACE TRIGGER refresh_visibility AFTER INSERT {_REFRESH} access.refresh_visibility(); {_ALWAYS}",
        "triggers",
    ),
    "a trigger under a condition": Sabotage(
        f"CREATE OR REPLACE TRIGGER refresh_visibility {_ANY_CHANGE} WHEN (false) EXECUTE FUNCTION"
        f" access.refresh_visibility(); {_ALWAYS}",
        "triggers",
    ),
    "a trigger with an argument": Sabotage(
        f"CREATE OR REPLACE TRIGGER refresh_visibility {_ANY_CHANGE} EXECUTE FUNCTION"
        f" access.refresh_visibility('slowly'); {_ALWAYS}",
        "triggers",
    ),
    "a trigger of another function": Sabotage(
        f"{_NOTHING}; CREATE OR REPLACE TRIGGER refresh_visibility {_ANY_CHANGE} EXECUTE FUNCTION public.nothing();"
        f" {_ALWAYS}",
        "triggers",
        "DROP FUNCTION public.nothing() CASCADE",
    ),
    "a new trigger of a function of ours": Sabotage(
        "CREATE TRIGGER another AFTER DELETE ON retail.orders EXECUTE FUNCTION access.refresh_visibility()",
        "triggers",
        "DROP TRIGGER another ON retail.orders",
    ),
    "a new trigger of what is derived": Sabotage(
        f"{_NOTHING}; CREATE TRIGGER nothing BEFORE UPDATE ON access.visibility FOR EACH ROW EXECUTE FUNCTION"
        " public.nothing()",
        "triggers",
        "DROP FUNCTION public.nothing() CASCADE",
    ),
    "an event trigger": Sabotage(
        "CREATE FUNCTION public.nothing() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE EVENT TRIGGER nothing ON login EXECUTE FUNCTION public.nothing()",
        "triggers",
        "DROP EVENT TRIGGER nothing; DROP FUNCTION public.nothing()",
    ),
    "a rule": Sabotage(
        "CREATE RULE nothing AS ON UPDATE TO access.visibility DO INSTEAD NOTHING",
        "triggers",
        "DROP RULE nothing ON access.visibility",
    ),
    # What is derived
    "a store more": Sabotage(
        "UPDATE access.visibility SET store_ids = store_ids || 8 WHERE NOT sees_all", "visibility"
    ),
    "a store less": Sabotage("UPDATE access.visibility SET store_ids = store_ids[2:]", "visibility"),
    "a mask of more": Sabotage("UPDATE access.visibility SET store_mask[8] = true", "visibility"),
    "a mask of less": Sabotage("UPDATE access.visibility SET store_mask[1] = NULL", "visibility"),
    "a mask beside its numbers": Sabotage(
        "UPDATE access.visibility SET store_mask = array_fill(true, ARRAY[8], ARRAY[2])", "visibility"
    ),
    "a mask of what it is not": Sabotage(
        "UPDATE access.visibility SET store_mask = array_fill(true, ARRAY[2, 2])", "canaries"
    ),
    "who sees all": Sabotage("UPDATE access.visibility SET sees_all = true", "visibility"),
    "nothing derived": Sabotage("TRUNCATE access.visibility", "visibility"),
    "a principal who is none": Sabotage(
        "SET session_replication_role = replica; INSERT INTO access.visibility VALUES (gen_random_uuid(), '{}', NULL,"
        " false); RESET session_replication_role",
        "visibility",
    ),
    "a principal who sees others' stores": Sabotage(
        "UPDATE access.visibility AS one SET store_ids = other.store_ids, store_mask = other.store_mask"
        " FROM access.visibility AS other WHERE other.store_ids = '{7}' AND one.store_ids = '{3}'",
        "visibility",
    ),
    "a grant withdrawn behind the triggers": Sabotage(
        f"ALTER TABLE access.store_grants DISABLE TRIGGER refresh_visibility;"
        f" DELETE FROM access.store_grants WHERE store_id = 7; {_ALWAYS}",
        "visibility",
        "INSERT INTO access.store_grants SELECT principal_id, 7 FROM access.visibility WHERE 7 = ANY (store_ids)"
        " AND NOT sees_all",
    ),
    # Keys
    "keys read by the backup": Sabotage("GRANT SELECT (kid) ON access.signing_keys TO zava_backup", "keys"),
    "keys read by their custodian": Sabotage("GRANT SELECT ON access.signing_keys TO zava_keys", "keys"),
    "keys brought by the jobs": Sabotage(
        "GRANT EXECUTE ON FUNCTION access.install_signing_key(text, bytea, bytea) TO zava_jobs", "keys"
    ),
    "keys ended by everybody": Sabotage(
        "GRANT EXECUTE ON FUNCTION access.retire_signing_keys(text[]) TO PUBLIC", "keys functions"
    ),
    "the lease is written by another": Sabotage("GRANT UPDATE ON access.key_lease TO zava_jobs", "keys"),
    "the custodian is the owner": Sabotage("GRANT zava_owner TO zava_keys", "keys"),
    "the jobs are the custodian": Sabotage("GRANT zava_keys TO zava_jobs", "keys tasks"),
    "the custodian bypasses policies": Sabotage("ALTER ROLE zava_keys BYPASSRLS", "keys"),
    # Tasks
    "tasks without policies": Sabotage("ALTER TABLE ops.tasks DISABLE ROW LEVEL SECURITY", "tasks"),
    "tasks whose policies are not forced": Sabotage("ALTER TABLE ops.tasks NO FORCE ROW LEVEL SECURITY", "tasks"),
    "tasks for everybody's jobs": Sabotage(
        "CREATE POLICY more ON ops.tasks FOR SELECT TO zava_jobs USING (true)", "tasks"
    ),
    "tasks of any principal": Sabotage(
        "ALTER POLICY all_callers ON ops.tasks USING ((result IS NULL AND input_requests IS NULL) OR store_ids <@"
        " (SELECT (access.verified_caller()).store_ids))",
        "tasks",
    ),
    "results for who lost a store": Sabotage(
        "ALTER POLICY all_callers ON ops.tasks USING (principal_id = (SELECT (access.verified_caller()).principal_id))",
        "tasks",
    ),
    "questions for who lost a store": Sabotage(
        "ALTER POLICY all_callers ON ops.tasks USING (principal_id = (SELECT (access.verified_caller()).principal_id)"
        " AND (result IS NULL OR store_ids <@ (SELECT (access.verified_caller()).store_ids)))",
        "tasks",
    ),
    "tasks written for anybody": Sabotage("ALTER POLICY all_callers ON ops.tasks WITH CHECK (true)", "tasks"),
    "tasks for another login": Sabotage("ALTER POLICY all_callers ON ops.tasks TO zava_jobs, zava_backup", "tasks"),
    "tasks read by the backup": Sabotage("GRANT SELECT (result) ON ops.tasks TO zava_backup", "tasks"),
    "tasks read by the callers' login": Sabotage("GRANT SELECT ON ops.tasks TO zava_app", "tasks privileges"),
    "tasks deleted by the jobs": Sabotage("GRANT DELETE ON ops.tasks TO zava_jobs", "tasks"),
    "jobs bypass policies": Sabotage("ALTER ROLE zava_jobs BYPASSRLS", "tasks"),
    "jobs are the owner": Sabotage("GRANT zava_owner TO zava_jobs", "tasks"),
    "audit written by the jobs": Sabotage("GRANT INSERT ON ops.audit TO zava_jobs", "audit"),
    "audit changed by the backup": Sabotage("GRANT UPDATE (outcome) ON ops.audit TO zava_backup", "audit"),
    "audit read by the jobs": Sabotage("GRANT SELECT ON ops.audit TO zava_jobs", "audit"),
    "the chain set back by the jobs": Sabotage("GRANT UPDATE ON ops.audit_chain TO zava_jobs", "audit"),
    "audit forgotten by the jobs": Sabotage("GRANT EXECUTE ON FUNCTION ops.forget_audit TO zava_jobs", "audit"),
    "audit appended by everybody": Sabotage("GRANT EXECUTE ON FUNCTION ops.append_audit TO PUBLIC", "functions audit"),
    "tasks under another name": Sabotage(
        "ALTER TABLE ops.tasks RENAME TO jobs", "tasks", "ALTER TABLE ops.jobs RENAME TO tasks"
    ),
    "taking over for callers": Sabotage(
        "GRANT EXECUTE ON FUNCTION ops.take_over_task(uuid, interval, integer) TO zava_app", "functions"
    ),
    "taking over tells more": Sabotage(
        "DROP FUNCTION ops.take_over_task(uuid, interval, integer);"
        + _FUNCTIONS["take_over_task"]
        .replace("store_scope uuid)", "store_scope uuid, arguments json)")
        .replace("task.store_scope\n", "task.store_scope, task.arguments\n")
        .replace("CREATE OR REPLACE", "SET ROLE zava_owner; CREATE"),
        "functions",
        "RESET ROLE; DROP FUNCTION ops.take_over_task(uuid, interval, integer)",
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
