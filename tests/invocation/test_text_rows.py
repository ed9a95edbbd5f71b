"""Rows as PostgreSQL wrote them are, as values, JSON and CSV, what the loaders make of the same result."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.field_encryption.token import has_tokens
from shared.invocation import Answer
from shared.json_values import columns_of, register_json_values
from shared.text_rows import TextRows, text_rows
from shared.tools.csv_text import as_csv
from tests.conftest import Database

NUMERIC = (
    "0",
    "-0.00",
    "12.50",
    "1.50000",
    "28.4510869565217391",
    "NaN",
    "Infinity",
    "-Infinity",
    "9" * 19,
    "9" * 18,
    "-" + "9" * 18,
    "-" + "9" * 19,
    "1" + "0" * 400 + ".5",
    "0.1",
    "1e-7",
)
FLOATS = ("1.5", "-0", "1e300", "1e-300", "NaN", "Infinity", "0.1", "3")
TEXTS = (
    "",
    " ",
    "a",
    'a"b',
    "a,b",
    "a\nb",
    "a\r",
    "ü€😀",
    "\\",
    "\t",
    "null",
    "zenc1.email.1.1.aa.",
    "'",
    "\x7f",
    "[1]",
)
MOMENTS = ("2025-01-01 10:00", "0044-03-15 BC", "infinity", "99999-01-01")
VALUES = {
    "smallint": ("0", "-32768"),
    "integer": ("0", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
    "numeric": NUMERIC,
    "real": FLOATS[:2],
    "double precision": FLOATS,
    "boolean": ("true", "false"),
    "text": TEXTS,
    "varchar(40)": TEXTS,
    "char(3)": ("", "a", "abc"),
    "name": ("a", ""),
    "date": MOMENTS,
    "timestamp": MOMENTS,
    "timestamptz": MOMENTS,
    "time": ("10:00",),
    "interval": ("1 day", "-3 months 2 hours"),
    "uuid": ("00000000-0000-0000-0000-000000000001",),
    "bytea": ("a,b",),
    "inet": ("10.0.0.1",),
    "int4range": ("[1,5)",),
}
OTHERS = {"jsonb": ('{"a": [1.50, null]}',), "integer[]": ("{1,NULL}",), "xid": ("1",)}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str | None]]]:
    """Types, and rows of their values."""
    types = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=5))
    row = st.tuples(*(st.one_of(st.none(), *[st.sampled_from(VALUES[name])] * 4) for name in types))
    return types, draw(st.lists(row.map(list), max_size=6))


@pytest.fixture(scope="module")
def connection(sample: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(sample.app_url, autocommit=True, prepare_threshold=None) as connection:
        register_json_values(connection)
        yield connection


def both(
    connection: psycopg.Connection[Any], types: list[str], rows: list[list[str | None]]
) -> tuple[TextRows | None, Answer]:
    """The same result, read in both ways."""
    selected = " UNION ALL ".join(
        f"SELECT {at}, " + ", ".join(f"%s::text::{name}" for name in types) for at, _ in enumerate(rows)
    )
    nothing = "SELECT 0, " + ", ".join(f"NULL::{name}" for name in types) + " WHERE false"
    asked = f"{selected} ORDER BY 1" if rows else nothing
    cursor = connection.execute(asked.encode(), [value for row in rows for value in row])
    result = cursor.pgresult
    assert result is not None
    loaded = [list(row) for row in cursor.fetchall()]
    texts = text_rows(result, connection, skip=1, most=len(rows) + 1)
    return texts, Answer(columns_of(result, connection)[1:], [row[1:] for row in loaded], truncated=False)


@given(table=tables())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_they_are_what_the_loaders_make(
    connection: psycopg.Connection[Any], table: tuple[list[str], list[list[str | None]]]
) -> None:
    texts, answer = both(connection, *table)
    assert texts is not None
    values, rows = [list(row) for row in texts], list(answer.rows)
    assert repr(values) == repr(rows)  # types, and the sign of zero, too
    assert repr(json.loads(texts.json())) == repr(rows)
    assert TypeAdapter(dict[str, Any]).dump_python({"rows": texts}, mode="json") == {"rows": rows}
    assert has_tokens(texts) == has_tokens(rows)
    assert len(texts) == len(rows)
    assert texts == rows
    text = as_csv(Answer(answer.columns, texts, truncated=False))
    read, loaded = (list(csv.reader(io.StringIO(each))) for each in (text, as_csv(answer)))
    assert [list(map(_number, row)) for row in read] == [list(map(_number, row)) for row in loaded]


def _number(cell: str) -> str:
    """12.50 and 12.5 are one."""
    try:
        return repr(float(cell)) if "." in cell else cell
    except ValueError:
        return cell


def test_money_keeps_its_digits_and_averages_do_not_grow(connection: psycopg.Connection[Any]) -> None:
    texts, answer = both(connection, ["numeric", "numeric"], [["12.50", "1.10"], ["3", "28.4510869565217391"]])
    assert texts is not None
    assert as_csv(Answer(answer.columns, texts, truncated=False)).splitlines()[1:] == [
        "12.50,1.1",
        "3,28.45108695652174",
    ]


@pytest.mark.parametrize("name", OTHERS)
def test_other_types_are_left_to_the_loaders(connection: psycopg.Connection[Any], name: str) -> None:
    texts, _ = both(connection, ["integer", name], [["1", OTHERS[name][0]]])
    assert texts is None


def test_rows_beyond_the_most_are_not_read(connection: psycopg.Connection[Any]) -> None:
    result = connection.execute("SELECT n, n * 10 FROM generate_series(1, 5) AS n").pgresult
    assert result is not None
    texts = text_rows(result, connection, skip=1, most=2)
    assert texts == [[10], [20]]
    assert texts.json() == "[[10],[20]]"


def test_rows_without_columns(connection: psycopg.Connection[Any]) -> None:
    result = connection.execute("SELECT 1 FROM generate_series(1, 2)").pgresult
    assert result is not None
    texts = text_rows(result, connection, skip=1, most=5)
    assert texts == [[], []]
    assert json.loads(texts.json()) == [[], []]
