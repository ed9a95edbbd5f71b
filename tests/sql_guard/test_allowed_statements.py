"""Legitimate analysis passes: each statement of the list is let through, and PostgreSQL runs it for a caller."""

from pathlib import Path

import psycopg
import pytest

from shared.sql_guard import SqlGuard, load_allowed_functions
from tests.conftest import Database, context_of

STATEMENTS = (Path(__file__).parent / "legitimate_statements.sql").read_text(encoding="utf-8").splitlines()

guard = SqlGuard(load_allowed_functions())


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_legitimate_statement_passes(statement: str) -> None:
    if statement.startswith("--"):
        statement += "\nSELECT 1"
    guard.check(statement)


def test_every_legitimate_statement_is_one_that_postgresql_runs(sample: Database) -> None:
    failures = []
    with sample.as_app(context_of("kirkland")) as app:
        for statement in STATEMENTS:
            try:
                app.execute(statement)
            except psycopg.Error as error:
                failures.append(f"{statement}: {error}")
    assert failures == []


def test_a_query_over_several_lines_passes() -> None:
    guard.check(
        "WITH monthly AS (\n  SELECT date_trunc('month', order_date) AS month, count(*) -- per month\n"
        "  FROM retail.orders /* all of them */\n  GROUP BY 1\n)\nSELECT * FROM monthly\nORDER BY month\n;\n-- done ((("
    )


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT {' + '.join(['1'] * 200)}",
        f"SELECT * FROM orders WHERE order_id IN ({', '.join(['1'] * 5000)})",
        f"SELECT * FROM orders WHERE {' OR '.join(['order_id = 1'] * 1000)}",
        " UNION ALL ".join(["SELECT store_id, order_id FROM orders"] * 60),
        f"SELECT {', '.join(f'CASE WHEN store_id = {n} THEN 1 END AS s{n}' for n in range(100))} FROM stores",
        f"VALUES {', '.join(['(1, 2, 3)'] * 1000)}",
        f"SELECT '{'(' * 90_000}'",
        f"SELECT 1 /* {'(' * 90_000} */",
        f"SELECT '[{','.join(['0.123456789'] * 1536)}]'::vector",
        f"SELECT {'(' * 100}1{')' * 100}",
    ],
    ids=lambda statement: statement[:40],
)
def test_what_programs_write_passes(statement: str) -> None:
    guard.check(statement)
