"""Being somebody else: another identity, another role, another meaning of a name, another's token."""

from collections.abc import Iterator

from tests.isolation.attack import Attack, Target, Tell, each
from tests.isolation.positions import CENSUS, POSITIONS, at, notations

FEW_POSITIONS = ("materialised CTE", "lateral", "select list", "function in from")
PROBED_ROLES = ("zava_owner", "zava_backup", "zava_jobs", "postgres", "pg_read_all_data", "none")


def identity(target: Target) -> Iterator[Attack]:
    """The setting that says who asks, set from within the question."""
    setting = f"set_config('app.rls_context', '{target.unsigned}', true)"
    yield from each("identity", "the head office's rows", {f"context at {p}": at(p, setting) for p in POSITIONS})
    original = "set_config('app.current_rls_user_id', '00000000-0000-0000-0000-000000000000', false)"
    yield from each(
        "identity",
        "every row, as in the sample this comes from",
        {f"zero id at {p}": at(p, original) for p in POSITIONS},
    )
    entering = {f"entering at {p}": at(p, f"access.enter_context('{target.unsigned}')") for p in FEW_POSITIONS}
    written = {
        f"context written {how}, at {p}": at(p, call)
        for how, call in notations("set_config", f"'app.rls_context', '{target.unsigned}', false").items()
        for p in FEW_POSITIONS[:2]
    }
    strange = {
        f"{what} as context": at("materialised CTE", f"set_config('app.rls_context', {value}, false)")
        for what, value in {
            "NULL": "NULL",
            "an array": f"ARRAY['{target.head_office}']::text",
            "a zero uuid": "'00000000-0000-0000-0000-000000000000'",
            "a principal alone": f"'{target.head_office}'",
            "one of a dollar quote": f"$a${target.unsigned}$a$",
            "one in escapes": f"E'v1\\x7c{target.head_office}|*|9999999999|{target.kid}|{'0' * 64}'",
            "one from pieces": f"concat_ws('|', 'v1', '{target.head_office}', '*', '9999999999', '{target.kid}', '')",
        }.items()
    }
    named = f"set_config(setting_name => 'app.rls_context', new_value => '{target.unsigned}', is_local => false)"
    spelled = {
        f"setting spelled {name}": at("lateral", f"set_config('{name}', '{target.unsigned}', false)")
        for name in ("APP.RLS_CONTEXT", "app.rls_Context", "app.rls_context ", 'app."rls_context"')
    }
    yield from each(
        "identity",
        "the head office's rows",
        entering | written | strange | {"named arguments": at("materialised CTE", named)} | spelled,
    )


def tokens(target: Target) -> Iterator[Attack]:
    """Contexts that are almost right."""
    quoted = {how: context.replace("'", "''") for how, context in target.forged_contexts.items()}
    setting = {h: at("materialised CTE", f"set_config('app.rls_context', '{c}', false)") for h, c in quoted.items()}
    entering = {
        f"entering {how}": f"SELECT access.enter_context('{context}'), (access.verified_caller()).store_ids, {CENSUS}"
        for how, context in quoted.items()
    }
    yield from each("tokens", "rows of a context that does not hold", setting | entering)


def roles(target: Target) -> Iterator[Attack]:
    """Another role, or a role with other settings."""
    settings = {
        **{f"role {role}": ("role", role) for role in PROBED_ROLES},
        **{f"session as {role}": ("session_authorization", role) for role in PROBED_ROLES[:4]},
        "row security off": ("row_security", "off"),
        "is superuser": ("is_superuser", "on"),
        "read-write": ("transaction_read_only", "off"),
        "read-write by default": ("default_transaction_read_only", "off"),
        "system tables": ("allow_system_table_mods", "on"),
        "replication role": ("session_replication_role", "replica"),
        "libraries of the session": ("session_preload_libraries", "auto_explain"),
        "local libraries": ("local_preload_libraries", "auto_explain"),
        "library path": ("dynamic_library_path", "/tmp"),
        "damaged pages": ("zero_damaged_pages", "on"),
        "activities on": ("track_activities", "on"),
        "statements into the log": ("log_statement", "all"),
        "event triggers off": ("event_triggers", "off"),
        "language of messages": ("lc_messages", "xx"),
        "plans as notices": ("debug_print_plan", "on"),
    }
    yield from each(
        "roles",
        "rows that another role sees",
        {
            name: at("materialised CTE", f"set_config('{setting}', '{value}', false)")
            for name, (setting, value) in settings.items()
        },
    )
    statements = {
        "set role": "SET ROLE zava_owner",
        "set role in a string": "SET ROLE 'zava_owner'",
        "set session role": "SET SESSION ROLE zava_backup",
        "session authorization": "SET SESSION AUTHORIZATION zava_owner",
        "grant": "GRANT zava_owner TO zava_app",
        "grant by current role": "GRANT zava_backup TO CURRENT_USER WITH INHERIT TRUE",
        "grant to public": "GRANT SELECT ON access.signing_keys TO PUBLIC",
        "bypass": "ALTER ROLE CURRENT_USER BYPASSRLS",
        "superuser": "ALTER ROLE zava_app SUPERUSER",
        "create role": "CREATE ROLE intruder SUPERUSER",
        "own settings of another": "ALTER ROLE zava_owner SET row_security = off",
        "system setting": "ALTER SYSTEM SET row_security = off",
        "database setting": "ALTER DATABASE template1 SET row_security = off",
        "no row security": "ALTER TABLE retail.orders DISABLE ROW LEVEL SECURITY",
        "not forced": "ALTER TABLE retail.orders NO FORCE ROW LEVEL SECURITY",
        "a policy": "CREATE POLICY mine ON retail.orders FOR SELECT TO zava_app USING (true)",
        "drop policy": "DROP POLICY select_callers ON retail.orders",
        "alter policy": "ALTER POLICY select_callers ON retail.orders USING (true)",
        "owner": "ALTER TABLE retail.orders OWNER TO zava_app",
        "reassign": "REASSIGN OWNED BY zava_owner TO zava_app",
        "default privileges": "ALTER DEFAULT PRIVILEGES FOR ROLE zava_owner GRANT SELECT ON TABLES TO zava_app",
        "a label": "SECURITY LABEL ON TABLE retail.orders IS 'none'",
    }
    yield from each("roles", "a role or a right that is not its own", statements, tell=Tell.RAN)
    own = {
        "own password": f"ALTER ROLE CURRENT_USER PASSWORD '{target.password}'",
        "own settings": "ALTER ROLE CURRENT_USER IN DATABASE {database} SET work_mem = '64MB'",
        "own search path": "ALTER USER SESSION_USER IN DATABASE {database} SET search_path = pg_temp",
    }
    yield from each("roles", "a login that others share, changed", own, tell=Tell.RAN, channel="own role")


def shadowing(_: Target) -> Iterator[Attack]:
    """Names that mean something else than the policies think."""
    paths = ("pg_temp", "access, retail", "access, pg_catalog", "", '"$user", public', "pg_toast, information_schema")
    found = {
        f"search_path {path or 'empty'}": at("materialised CTE", f"set_config('search_path', '{path}', false)")
        for path in paths
    }
    reads = {
        "a CTE named as the table": f"WITH orders AS (SELECT 1 AS store_id) SELECT {CENSUS}, count(*) FROM orders",
        "a CTE named as the function": f"WITH verified_caller AS (SELECT array_fill(true, ARRAY[9])) SELECT {CENSUS}",
        "an alias named as the schema": f"SELECT {CENSUS} FROM (VALUES (1)) AS access (verified_caller)",
        "the mask's opposite": "SELECT o.store_id AS order_store FROM retail.orders AS o"
        " WHERE NOT (SELECT (access.verified_caller()).store_mask)[o.store_id]",
        "a qualified operator": "SELECT o.store_id AS order_store FROM retail.orders AS o"
        " WHERE o.store_id OPERATOR(pg_catalog.<>) 7",
        "an inner context": "SELECT * FROM access.verified_caller()",
        "ONLY": "SELECT o.store_id AS order_store FROM ONLY retail.orders AS o WHERE o.store_id <> 7",
        "inheritance": "SELECT o.store_id AS order_store FROM retail.orders * AS o WHERE o.store_id <> 7",
        "whole rows": "SELECT o::text, o.store_id AS order_store FROM retail.orders AS o WHERE o.store_id <> 7",
        "system columns": "SELECT ctid, xmin, tableoid::regclass, store_id AS order_store FROM retail.orders",
        "row locks": "SELECT store_id AS order_store FROM retail.orders FOR KEY SHARE",
        "tuple by its address": "SELECT currtid2('retail.orders', '(0,1)')",
    }
    yield from each("shadowing", "rows behind a name of one's own", found | reads)
    makes = {
        "function in pg_temp": "CREATE FUNCTION pg_temp.policy_form() RETURNS text LANGUAGE sql AS 'SELECT NULL'",
        "function in public": "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
        "function in access": "CREATE OR REPLACE FUNCTION access.policy_form() RETURNS text LANGUAGE sql"
        " AS 'SELECT ''list'''",
        "operator": "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
        "cast": "CREATE CAST (text AS integer) WITH INOUT AS IMPLICIT",
        "type": "CREATE TYPE public.text AS (a integer)",
        "temporary table": "CREATE TEMP TABLE orders (store_id integer)",
        "temporary view": "CREATE TEMP VIEW orders AS SELECT 1 AS store_id",
        "rule": "CREATE RULE r AS ON SELECT TO retail.orders DO INSTEAD SELECT * FROM retail.stores",
        "trigger": "CREATE TRIGGER t BEFORE SELECT ON retail.orders EXECUTE FUNCTION f()",
        "schema": "CREATE SCHEMA zava_app",
        "extension": "CREATE EXTENSION dblink",
        "library": "LOAD 'auto_explain'",
    }
    yield from each("shadowing", "a name of one's own in the way of the policies", makes, tell=Tell.RAN)
