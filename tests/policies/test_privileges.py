"""Who may do what: the whole matrix is a file that a reviewer reads."""

import os
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Database

GOLDEN = Path(__file__).parent / "privileges.golden"

MATRIX = """
SELECT role.rolname || ' ' || object.kind || ' ' || object.name || ': ' || string_agg(privilege, ' ' ORDER BY privilege)
FROM pg_roles AS role
CROSS JOIN LATERAL (
    SELECT 'table' AS kind, class.oid::regclass::text AS name, privilege
    FROM pg_class AS class,
        unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
    WHERE class.relnamespace IN ('retail'::regnamespace, 'access'::regnamespace, 'ops'::regnamespace)
        AND class.relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege(role.oid, class.oid, privilege)
    UNION ALL
    SELECT lower(privilege) || 's columns of', class.oid::regclass::text, attribute.attname
    FROM pg_class AS class
    JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attnum > 0 AND NOT attisdropped,
        unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) AS privilege
    WHERE class.relnamespace IN ('retail'::regnamespace, 'access'::regnamespace, 'ops'::regnamespace)
        AND class.relkind IN ('r', 'p', 'v', 'm') AND NOT has_table_privilege(role.oid, class.oid, privilege)
        AND has_column_privilege(role.oid, class.oid, attnum, privilege)
    UNION ALL
    SELECT 'columns of', class.oid::regclass::text, attribute.attname
    FROM pg_class AS class
    JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attnum > 0 AND NOT attisdropped
    WHERE class.relnamespace IN ('retail'::regnamespace, 'access'::regnamespace, 'ops'::regnamespace)
        AND class.relkind IN ('r', 'p', 'v', 'm') AND has_column_privilege(role.oid, class.oid, attnum, 'SELECT')
    UNION ALL
    SELECT 'sequence', class.oid::regclass::text, privilege
    FROM pg_class AS class, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS privilege
    WHERE class.relnamespace IN ('retail'::regnamespace, 'access'::regnamespace, 'ops'::regnamespace)
        AND class.relkind = 'S' AND has_sequence_privilege(role.oid, class.oid, privilege)
    UNION ALL
    SELECT 'function', function.oid::regprocedure::text, 'EXECUTE'
    FROM pg_proc AS function
    WHERE function.pronamespace IN ('retail'::regnamespace, 'access'::regnamespace, 'ops'::regnamespace)
        AND has_function_privilege(role.oid, function.oid, 'EXECUTE')
    UNION ALL
    SELECT 'schema', namespace.nspname, privilege
    FROM pg_namespace AS namespace, unnest(ARRAY['USAGE', 'CREATE']) AS privilege
    WHERE namespace.nspname !~ '^pg_' AND has_schema_privilege(role.oid, namespace.oid, privilege)
        AND namespace.nspname <> 'information_schema'
    UNION ALL
    SELECT 'setting', split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)
    FROM pg_db_role_setting, unnest(setconfig) AS setting
    WHERE setrole = role.oid
    UNION ALL
    SELECT 'database', 'this', privilege
    FROM unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) AS privilege
    WHERE has_database_privilege(role.oid, current_database(), privilege)
) AS object
WHERE role.rolname IN ('zava_app', 'zava_jobs', 'zava_backup', 'zava_keys', 'zava_verify')
GROUP BY role.rolname, object.kind, object.name
ORDER BY 1
"""


def test_the_privilege_matrix_is_the_reviewed_one(sample: Database) -> None:
    """UPDATE_GOLDEN=1 writes the file anew, for a reviewer to read the difference."""
    with sample.as_superuser() as superuser:
        matrix = "".join(f"{line}\n" for (line,) in superuser.execute(MATRIX).fetchall())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(matrix)
    assert matrix == GOLDEN.read_text()


def test_the_roles_are_what_isolation_needs_them_to_be(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        rows = superuser.execute(
            "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication,"
            " (SELECT count(*) FROM pg_auth_members WHERE member = pg_roles.oid)"
            " FROM pg_roles WHERE rolname LIKE 'zava%' ORDER BY rolname"
        ).fetchall()
    assert rows == [
        ("zava_app", True, False, 0),
        ("zava_backup", True, False, 0),
        ("zava_jobs", True, False, 0),
        ("zava_keys", True, False, 0),
        ("zava_owner", False, False, 0),
        ("zava_verify", True, False, 2),  # which it may not use here: it may not connect
    ]


def test_row_level_security_is_forced_on_every_table(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        rows = superuser.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity, pg_get_userbyid(relowner) FROM pg_class"
            " WHERE (relnamespace = 'retail'::regnamespace OR oid = 'ops.tasks'::regclass) AND relkind IN ('r', 'p')"
        ).fetchall()
    assert len(rows) == 10
    assert {(forced, owner) for _, forced, owner in rows} == {(True, "zava_owner")}


def test_policies_name_their_roles_and_callers_only_read(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        rows = superuser.execute("SELECT policyname, roles::text[], cmd FROM pg_policies").fetchall()
    assert not [policy for policy, roles, _ in rows if "public" in roles]
    assert {command for _, roles, command in rows if "zava_app" in roles} == {"SELECT"}


def test_every_function_pins_its_search_path(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        rows = superuser.execute(
            "SELECT oid::regprocedure::text, proconfig, provolatile::text FROM pg_proc"
            " WHERE pronamespace IN ('access'::regnamespace, 'retail'::regnamespace, 'ops'::regnamespace)"
        ).fetchall()
    assert len(rows) == 42
    assert all("search_path=pg_catalog, pg_temp" in config for _, config, _ in rows)
    volatile = {name for name, _, volatility in rows if volatility == "v"}
    triggers = {
        *("access.refresh_visits()", "access.refresh_visibility()", "access.take_turn()"),
        *("ops.queue_embedding()", "ops.index_words()", "access.count_revocation()"),
    }
    settings = {"access.enter_context(text)", "access.free_operators()"}
    plans = {"access.plan_of(text)", "access.refuse_above(double precision,text,text)"}
    tasks = {"ops.take_over_task(uuid,interval,integer)", "ops.forget_expired_tasks()"}
    keys = {
        "access.install_signing_key(text,bytea,bytea)",
        "access.retire_signing_keys(text[])",
        "access.lease_keys(uuid,integer)",
    }
    audit = {"ops.append_audit(jsonb)", "ops.forget_audit(timestamp with time zone)"}
    allowances = {
        "ops.draw_allowances(uuid[],double precision[],double precision[],double precision,double precision)",
        "ops.forget_full_allowances(double precision,double precision)",
    }
    backups = {
        *("ops.record_changes()", "ops.lease_backup(uuid,integer)"),
        "ops.note_backup(uuid,text,pg_snapshot,timestamp with time zone)",
    }
    assert volatile == triggers | settings | plans | tasks | keys | audit | allowances | backups


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT reltuples FROM pg_class",
        "SELECT n_live_tup FROM pg_stat_user_tables",
        "SELECT pg_relation_size('retail.orders')",
        "SELECT query FROM pg_stat_activity",
        "SELECT pg_terminate_backend(0)",
        "SELECT query_to_xml('SELECT 1', true, false, '')",
        "SELECT lo_create(0)",
        "SELECT pg_logical_emit_message(false, 'a', 'b')",
    ],
)
def test_what_everybody_may_by_default_and_nobody_needs_is_revoked(sample: Database, statement: str) -> None:
    """Where a superuser deploys (sql/lockdown.sql)."""
    with sample.as_app() as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement.encode())


@pytest.mark.parametrize("role", ["zava_owner", "zava_backup"])
def test_what_a_dump_reads_stays_open_to_its_roles(sample: Database, role: str) -> None:
    with sample.as_superuser() as superuser:
        superuser.execute(f"SET ROLE {role}".encode())
        assert superuser.execute("SELECT count(*) > 0 FROM pg_class WHERE reltuples > -2").fetchone() == (True,)
        assert superuser.execute("SELECT pg_export_snapshot() <> ''").fetchone() == (True,)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("transaction_read_only", "on"),
        ("statement_timeout", "20s"),
        ("work_mem", "16MB"),
        ("jit", "off"),
        ("search_path", "retail, extensions"),
        ("standard_conforming_strings", "on"),
        ("TimeZone", "UTC"),
        ("track_activities", "off"),
    ],
)
def test_the_callers_role_carries_its_settings(sample: Database, setting: str, value: str) -> None:
    with psycopg.connect(sample.app_url) as app:
        assert app.execute("SELECT current_setting(%s)", (setting,)).fetchone() == (value,)
