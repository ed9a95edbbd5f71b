"""The list of allowed names is the reviewed output of a query, and nothing reaches a function that is not on it."""

import os
from typing import Any

import psycopg
import pytest

from shared.database.queries import named_queries
from shared.errors import SqlNotAllowed
from shared.sql_guard import SqlGuard, load_allowed_functions
from shared.sql_guard.allowed_functions import ALLOWED_FUNCTIONS_FILE
from tests.conftest import Database

allowed = load_allowed_functions()
guard = SqlGuard(allowed)

type Rows = list[tuple[Any, ...]]


def rows_of(database: Database, query: str) -> Rows:
    with database.as_superuser() as superuser:
        return superuser.execute(query).fetchall()


def refuses(statement: str) -> bool:
    try:
        guard.check(statement)
    except SqlNotAllowed:
        return True
    return False


def test_the_allowed_names_are_the_reviewed_ones(sample: Database) -> None:
    """UPDATE_GOLDEN=1 writes the file anew, for a reviewer to read the difference."""
    lines = rows_of(sample, named_queries("allowed_functions")["allowed_names"])
    names = "".join(f"{line}\n" for (line,) in lines)
    if os.environ.get("UPDATE_GOLDEN"):
        ALLOWED_FUNCTIONS_FILE.write_text(names, encoding="utf-8")
    assert names == ALLOWED_FUNCTIONS_FILE.read_text(encoding="utf-8")


def test_no_volatile_function_is_allowed_but_random(sample: Database) -> None:
    volatile = {name for (name,) in rows_of(sample, "SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v'")}
    assert not allowed.functions & volatile
    assert allowed.output_functions == {"random"}


@pytest.mark.parametrize(
    "name",
    [
        "setseed", "pg_sleep", "pg_sleep_for", "set_config", "current_setting", "query_to_xml", "table_to_xml",
        "schema_to_xml", "database_to_xml", "cursor_to_xml", "ts_stat", "ts_rewrite", "pg_read_file", "lo_import",
        "has_table_privilege", "currval", "lastval", "nextval", "setval", "txid_current", "inet_server_addr",
        "pg_get_viewdef", "format_type", "to_regclass", "array_in", "regclassin", "textin", "int4out", "bttextcmp",
        "obj_description", "col_description", "version", "current_schemas", "pg_stat_get_live_tuples", "mxid_age",
        "pg_advisory_lock", "pg_backend_pid", "pg_column_size", "pg_relation_size", "row_security_active", "ts_debug",
        "satisfies_hash_partition", "getdatabaseencoding", "xpath", "set_limit", "clock_timestamp", "gen_random_uuid",
        "bernoulli", "eqsel", "bthandler", "int4_avg_accum", "texteq", "textlike_support", "pg_partition_root",
    ],
)  # fmt: skip
def test_what_tells_of_the_server_or_changes_it_is_not_on_the_list(name: str) -> None:
    assert name not in allowed.functions | allowed.output_functions
    assert refuses(f"SELECT {name}(1)")


def test_every_function_of_the_server_that_is_not_on_the_list_is_refused(sample: Database) -> None:
    names = {name for (name,) in rows_of(sample, "SELECT DISTINCT proname FROM pg_proc")}
    others = names - allowed.functions - allowed.output_functions
    assert len(others) > 2000
    assert [name for name in others if not refuses(f'SELECT "{name}"()')] == []
    assert [name for name in others if not refuses(f'SELECT * FROM orders, pg_catalog."{name}"(1)')] == []


def test_no_operator_is_volatile_and_the_stable_ones_read_settings_only(sample: Database) -> None:
    """So the name of an operator needs no list: time zone, text search configuration, similarity threshold."""
    rows = rows_of(
        sample,
        "SELECT DISTINCT provolatile::text, proname FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode"
        " WHERE provolatile <> 'i' AND proname !~ '^(date|timestamp|timestamptz)_|^interval_pl_timestamptz$'",
    )
    assert {volatility for volatility, _ in rows} == {"s"}
    assert {name for _, name in rows} == {
        "anytextcat", "textanycat", "ts_match_tq", "ts_match_tt", "similarity_op", "word_similarity_op",
        "word_similarity_commutator_op", "strict_word_similarity_op", "strict_word_similarity_commutator_op",
    }  # fmt: skip


def test_no_type_that_looks_a_name_up_in_the_catalog_is_allowed(sample: Database) -> None:
    rows = rows_of(sample, "SELECT typname FROM pg_type WHERE typname ~ '^_?(reg|oid|xid|cid$|tid|pg_|aclitem|xml)'")
    assert {name for (name,) in rows} & allowed.types == {"regconfig"}
    assert [name for (name,) in rows if name != "regconfig" and not refuses(f"SELECT 'x'::\"{name}\"")] == []


def test_no_function_off_the_list_has_the_name_of_an_allowed_type(sample: Database) -> None:
    """A type's name called like a function is a cast, unless there is a function of that name."""
    names = {name for (name,) in rows_of(sample, "SELECT DISTINCT proname FROM pg_proc")}
    assert not names & allowed.types - allowed.functions


def test_no_column_of_the_data_has_a_name_that_may_not_follow_a_dot(sample: Database) -> None:
    rows = rows_of(
        sample,
        "SELECT attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relnamespace = 'retail'::regnamespace AND relkind = 'r' AND attnum > 0",
    )
    assert not {name for (name,) in rows} & allowed.not_attributes


OWNERS = [
    "SELECT o.{name} FROM retail.orders AS o LIMIT 1",
    "SELECT x.{name} FROM generate_series(1, 1) AS x",
    "SELECT x.{name} FROM unnest(ARRAY['orders']) AS x",
    "SELECT ('orders').{name}",
    "SELECT ('orders'::text).{name}",
    "SELECT (1).{name}",
    "SELECT (1.5).{name}",
    "SELECT (1.5::float8).{name}",
    "SELECT (now()).{name}",
    "SELECT (ARRAY[1]).{name}",
    "SELECT ('1 s'::interval).{name}",
    "SELECT ('{{}}'::jsonb).{name}",
    "SELECT ('\\x00'::bytea).{name}",
]


def test_what_postgresql_would_call_behind_a_dot_is_allowed_or_refused(sample: Database) -> None:
    """PREPARE resolves names and runs nothing: what it takes, a caller could run."""
    names = rows_of(
        sample,
        "SELECT proname FROM pg_proc WHERE pronargs - pronargdefaults <= 1 AND pronargs >= 1"
        " UNION SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype <> 'c'",
    )
    reachable, passed = set(), []
    with psycopg.connect(sample.app_url, autocommit=True) as app:
        for (name,) in names:
            for owner in OWNERS:
                statement = owner.format(name=f'"{name}"')
                if not _would_run(app, statement):
                    continue
                reachable.add(name)
                is_harmless = name in allowed.functions | allowed.types
                if not is_harmless and not refuses(statement):
                    passed.append(statement)
    assert passed == []
    assert {"pg_sleep", "regclass", "pg_typeof", "lo_unlink", "setseed", "current_setting"} <= reachable


def _would_run(connection: psycopg.Connection[Any], statement: str) -> bool:
    try:
        connection.execute(f"PREPARE probe AS {statement}")
    except psycopg.Error:
        return False
    connection.execute("DEALLOCATE probe")
    return True
