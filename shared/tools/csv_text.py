"""Rows as CSV, which costs a model about half the tokens of JSON."""

import csv
import io
import json
from typing import Literal

from shared.invocation import Answer
from shared.json_values import JsonValue, types_in
from shared.text_rows import TextRows

CSV = "text/csv"
_AS_JSON = frozenset({bool, list, dict})
Format = Literal["concise", "detailed"]


def csv_text(answer: Answer, form: Format = "concise", *, skipped: int = 0, next_cursor: str | None = None) -> str:
    """A line of names, a line a row and, where rows were cut or skipped, a line that says so.

    detailed: before them a line with the type of each column.
    """
    text = io.StringIO()
    if form == "detailed":
        text.write(f"({', '.join(f'{column.name}: {column.type}' for column in answer.columns)})\n")
    text.write(as_csv(answer))
    if answer.truncated or skipped:
        text.write(f"({_extent(answer, skipped, next_cursor)})\n")
    return text.getvalue()


def as_csv(answer: Answer) -> str:
    """A line of names and a line a row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.name for column in answer.columns)
    if isinstance(answer.rows, TextRows):
        return text.getvalue() + answer.rows.csv()
    as_they_are = _AS_JSON.isdisjoint(types_in(answer.rows))
    writer.writerows(answer.rows if as_they_are else (map(_csv_value, row) for row in answer.rows))
    return text.getvalue()


def _extent(answer: Answer, skipped: int, next_cursor: str | None) -> str:
    count = len(answer.rows)
    rows = f"rows {skipped + 1} to {skipped + count}" if skipped else f"first {count} rows"
    if not answer.truncated:
        return f"{rows}, the last ones" if count else "no more rows"
    return f"{rows}; go on with cursor {next_cursor}" if next_cursor else f"{rows}; there are more"


def _csv_value(value: JsonValue) -> JsonValue:
    """Lists, objects and booleans as JSON writes them; the rest as CSV does."""
    return json.dumps(value, ensure_ascii=False) if type(value) in _AS_JSON else value
