"""Rows as PostgreSQL wrote them, column by column: most are passed on without anybody looking at a cell.

As values, as JSON and as CSV they are what the loaders of json_values.py would have made of them, but for the digits of
a fraction: 12.50 stays 12.50. tests/unit/test_text_rows.py holds one against the other.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from json.encoder import encode_basestring_ascii
from typing import Any, overload

from psycopg.abc import AdaptContext
from psycopg.adapt import Transformer
from psycopg.pq import Format
from psycopg.pq.abc import PGresult
from psycopg.types import TypesRegistry
from pydantic_core import SchemaSerializer, core_schema

from shared.json_values import AS_TEXT, JsonValue, float_of, number_of, timestamp_of

type Texts = Sequence[str | None]

_SHORT_NUMBERS = re.compile(r"(?>-?[0-9]{1,18}+(?>\.[0-9]{1,4}+)?+\n)*+")
"""What JSON writes as PostgreSQL does. Longer fractions are an average's: the nearest double has fewer digits."""
_SPECIAL_IN_CSV = re.compile('[",\r\n]')


def _as_it_is(texts: Sequence[str]) -> Sequence[str]:
    return texts


def _quoted(texts: Sequence[str]) -> Sequence[str]:
    return list(map(encode_basestring_ascii, texts))


@dataclass(frozen=True)
class _Kind:
    """How a column is read. All but value: of a whole column without nulls. plain: without what CSV quotes."""

    value: Callable[[str], JsonValue]
    as_json: Callable[[Sequence[str]], Sequence[str]]
    as_csv: Callable[[Sequence[str]], Sequence[str]] = _as_it_is
    plain: bool = True
    text: bool = False


def _numbers(write: Callable[[JsonValue], str]) -> Callable[[Sequence[str]], Sequence[str]]:
    def written(texts: Sequence[str]) -> Sequence[str]:
        if _SHORT_NUMBERS.fullmatch("\n".join([*texts, ""])):
            return texts
        return [write(number_of(text)) for text in texts]

    return written


def _timestamps(texts: Sequence[str]) -> Sequence[str]:
    return list(map(timestamp_of, texts))


def _truths(texts: Sequence[str]) -> Sequence[str]:
    return ["true" if text == "t" else "false" for text in texts]


_INTEGER = _Kind(int, _as_it_is)
_NUMERIC = _Kind(number_of, _numbers(json.dumps), _numbers(str))
_FLOAT = _Kind(
    float_of,
    lambda texts: [json.dumps(float_of(text)) for text in texts],
    lambda texts: [str(float_of(text)) for text in texts],
)
_BOOL = _Kind(lambda text: text == "t", _truths, _truths)
_TIMESTAMP = _Kind(timestamp_of, lambda texts: _quoted(_timestamps(texts)), _timestamps)
_TEXT = _Kind(str, _quoted, plain=False, text=True)
_KINDS: Mapping[str, _Kind] = {
    **dict.fromkeys(("int2", "int4", "int8"), _INTEGER),
    **dict.fromkeys(("float4", "float8"), _FLOAT),
    **dict.fromkeys(("timestamp", "timestamptz"), _TIMESTAMP),
    **dict.fromkeys((*AS_TEXT, "text", "varchar", "bpchar", "name"), _TEXT),
    "numeric": _NUMERIC,
    "bool": _BOOL,
}


class TextRows(Sequence[list[JsonValue]]):
    """A list a row, made when one is asked for. Programs in between may take it for a list of lists."""

    __pydantic_serializer__ = SchemaSerializer(
        core_schema.any_schema(serialization=core_schema.plain_serializer_function_ser_schema(lambda rows: rows.values))
    )

    def __init__(self, columns: Sequence[Texts], kinds: Sequence[_Kind], count: int) -> None:
        self._columns = columns
        self._kinds = kinds
        self._count = count

    @cached_property
    def values(self) -> list[list[JsonValue]]:
        """All of them."""
        if not self._columns:
            return [[] for _ in range(self._count)]
        read = [
            [None if text is None else kind.value(text) for text in texts]
            for texts, kind in zip(self._columns, self._kinds, strict=True)
        ]
        return list(map(list, zip(*read, strict=True)))

    def texts(self) -> Iterable[Texts]:
        """The columns that hold a text of whatever meaning."""
        return (texts for texts, kind in zip(self._columns, self._kinds, strict=True) if kind.text)

    def json(self) -> str:
        """A JSON array of arrays."""
        if not self._columns:
            return json.dumps(self.values)
        written = [
            _written(texts, kind.as_json, "null") for texts, kind in zip(self._columns, self._kinds, strict=True)
        ]
        rows = "],[".join(map(",".join, zip(*written, strict=True)))
        return f"[[{rows}]]" if self._count else "[]"

    def csv(self) -> str:
        """A line a row."""
        written = [_written(texts, kind.as_csv, "") for texts, kind in zip(self._columns, self._kinds, strict=True)]
        joined = "\n".join(map(",".join, zip(*written, strict=True)))
        quotes_nothing = len(written) > 1 and not any(
            _SPECIAL_IN_CSV.search("".join(texts))
            for texts, kind in zip(written, self._kinds, strict=True)
            if not kind.plain
        )
        if quotes_nothing:
            return f"{joined}\n" if self._count else ""
        text = io.StringIO()
        rows = zip(*written, strict=True) if written else ([] for _ in range(self._count))
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue()

    @overload
    def __getitem__(self, at: int) -> list[JsonValue]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[JsonValue]]: ...
    def __getitem__(self, at: int | slice) -> Any:
        return self.values[at]

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list | TextRows) and self.values == list(other)

    def __repr__(self) -> str:
        return repr(self.values)

    __hash__ = None  # type: ignore[assignment]  # as a list


def text_rows(result: PGresult, context: AdaptContext, *, skip: int, most: int) -> TextRows | None:
    """At most so many rows, without the columns at their beginning that are skipped; None where a column's type is read
    otherwise than as text, number, time or truth. context: the connection.
    """
    types = context.adapters.types
    kinds = [kind for at in range(skip, result.nfields) if (kind := _kind(types, result.ftype(at))) is not None]
    if len(kinds) < result.nfields - skip:
        return None
    transformer = Transformer(context)
    transformer.set_pgresult(result, set_loaders=False)
    transformer.set_loader_types([types["text"].oid] * result.nfields, Format.TEXT)
    count = min(result.ntuples, most)
    columns = list(zip(*transformer.load_rows(0, count, tuple), strict=True)) or [()] * result.nfields
    return TextRows(columns[skip:], kinds, count)


def _kind(types: TypesRegistry, oid: int) -> _Kind | None:
    info = types.get(oid)
    return _KINDS.get(info.name) if info is not None and info.oid == oid else None


def _written(texts: Texts, write: Callable[[Sequence[str]], Sequence[str]], nothing: str) -> Sequence[str]:
    if None not in texts:
        return write(texts)  # type: ignore[arg-type]  # just looked
    given = iter(write([text for text in texts if text is not None]))
    return [nothing if text is None else next(given) for text in texts]
