"""sql/cluster/distribute.sql fits the schema as far as PostgreSQL alone can say; no cluster was at hand."""

import re

import psycopg
import pytest

from shared.database.schema import SQL_FOLDER
from shared.sql_guard.parsing import parse_statements
from tests.conftest import Database

SCRIPT = (SQL_FOLDER / "cluster" / "distribute.sql").read_text(encoding="utf-8")
DISTRIBUTED = re.findall(r"create_distributed_table\('([\w.]+)', 'store_id'", SCRIPT)
REPLICATED = re.findall(r"create_reference_table\('([\w.]+)'\)", SCRIPT)
KEYS = """
SELECT constraint_.conrelid::regclass::text, constraint_.contype, constraint_.confrelid::regclass::text,
    array(SELECT attname::text FROM unnest(constraint_.conkey) AS number JOIN pg_attribute
        ON attrelid = constraint_.conrelid AND attnum = number)
FROM pg_constraint AS constraint_
WHERE constraint_.contype IN ('p', 'u', 'f') AND constraint_.connamespace::regnamespace::text IN ('retail', 'access')
"""


def test_the_script_is_of_the_grammar() -> None:
    assert len(parse_statements(SCRIPT)) == 1 + len(DISTRIBUTED) + len(REPLICATED)


def test_each_table_of_retail_is_in_the_script_once(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        tables = {
            name
            for (name,) in superuser.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'retail'::regnamespace AND relkind = 'r'"
            )
        }
    assert tables == {name for name in (*DISTRIBUTED, *REPLICATED) if name.startswith("retail.")}
    assert len({*DISTRIBUTED, *REPLICATED}) == len(DISTRIBUTED) + len(REPLICATED)


def test_the_store_is_in_every_key_of_what_is_spread_and_nothing_points_at_another_node(sample: Database) -> None:
    """Unique within a store, and a foreign key stays in the store or goes to what every node has."""
    with sample.as_superuser() as superuser:
        constraints = superuser.execute(KEYS).fetchall()
    seen = set()
    for table, kind, target, columns in constraints:
        if table in DISTRIBUTED and kind in ("p", "u"):
            seen.add(table)
            assert "store_id" in columns, f"{table} {columns}"
        elif table in DISTRIBUTED:
            assert target in REPLICATED or (target in DISTRIBUTED and "store_id" in columns), f"{table} to {target}"
        elif table in REPLICATED and kind == "f":
            assert target in REPLICATED, f"{table} to {target}"
    assert seen == set(DISTRIBUTED)


def test_what_is_pointed_at_comes_first() -> None:
    """As create_reference_table wants it."""
    order = [*REPLICATED, *DISTRIBUTED]
    assert order.index("retail.stores") < order.index("access.store_grants")
    assert order.index("retail.orders") < order.index("retail.order_items")
    assert SCRIPT.index(REPLICATED[-1]) < SCRIPT.index(f"create_distributed_table('{DISTRIBUTED[0]}'")


def test_elsewhere_than_on_a_cluster_it_refuses(sample: Database) -> None:
    with (
        psycopg.connect(sample.superuser_url) as superuser,
        pytest.raises(psycopg.errors.RaiseException, match="this server is no cluster"),
    ):
        superuser.execute(SCRIPT.encode())
