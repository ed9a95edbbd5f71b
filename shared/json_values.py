"""PostgreSQL values as the JSON values that tools return: exact where JSON can be, otherwise the server's text."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.pq.abc import PGresult
from psycopg.types import TypesRegistry
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

MAX_DIGITS = 19
"""Digits of a bigint: longer whole numbers are text, as are NaN and the infinities."""

MAX_DEPTH = 100
"""Levels of nested JSON: what comes deeper is text, for encoders give up on it."""

_BRACKET = re.compile(r"[][{}]")
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

AS_TEXT = (
    *("bytea", "date", "time", "timetz", "interval", "uuid", "inet", "cidr", "macaddr", "macaddr8"),
    *("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"),
    *("int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange"),
)

type JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True)
class Column:
    """A result column: its name and PostgreSQL's name of its type."""

    name: str
    type: str


def types_in(rows: Sequence[list[JsonValue]]) -> set[type]:
    """Of all cells, column by column: no cell costs more than being looked at."""
    return {kind for column in zip(*rows, strict=True) for kind in set(map(type, column))}


def columns_of(result: PGresult, context: AdaptContext) -> tuple[Column, ...]:
    """The columns of a result, in order. context: what knows the types."""
    types = context.adapters.types
    return tuple(
        Column((result.fname(at) or b"").decode(), _type_name(types, result.ftype(at))) for at in range(result.nfields)
    )


def register_json_values(context: AdaptContext) -> None:
    """Make the connection's results loadable as JSON values. Arrays become lists of them."""
    adapters = context.adapters
    for name in AS_TEXT:
        adapters.register_loader(name, TextLoader)
    for name in ("timestamp", "timestamptz"):
        adapters.register_loader(name, _TimestampLoader)
    for name in ("float4", "float8"):
        adapters.register_loader(name, _FloatLoader)
    adapters.register_loader("numeric", _NumericLoader)
    set_json_loads(_loads, context)


def timestamp_of(text: str) -> str:
    """ISO 8601 with a T, as JSON readers expect."""
    return text.replace(" ", "T", 1)


def float_of(text: str) -> float | str:
    """JSON has no NaN and no infinities: those stay text."""
    number = float(text)
    return number if math.isfinite(number) else text


def number_of(text: str) -> int | float | str:
    """A numeric: a whole number exactly, a fraction as the nearest double; as text what JSON readers would not take."""
    if "." not in text:
        return int(text) if len(text) <= MAX_DIGITS and text.lstrip("-").isdigit() else text
    nearest = float(text)
    return nearest if math.isfinite(nearest) else text


class _TimestampLoader(Loader):
    def load(self, data: Buffer) -> str:
        return timestamp_of(bytes(data).decode())


class _FloatLoader(Loader):
    def load(self, data: Buffer) -> float | str:
        return float_of(bytes(data).decode())


class _NumericLoader(Loader):
    def load(self, data: Buffer) -> int | float | str:
        return number_of(bytes(data).decode())


def _loads(data: str | bytes) -> Any:
    """JSON as it is; as text what cannot be passed on: lone surrogates, huge numbers, nesting without end."""
    text = data if isinstance(data, str) else data.decode()
    try:
        value = json.loads(text, parse_float=_finite, parse_int=_bounded)
        if _LONE_SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text
    return value if _depth(text) <= MAX_DEPTH else text


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _bounded(text: str) -> int:
    if len(text) > MAX_DIGITS + 1:
        raise ValueError(text)
    return int(text)


def _depth(text: str) -> int:
    """How deep brackets nest at most; those in strings count as well, which errs on the safe side."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    steps = (1 if bracket in "[{" else -1 for bracket in _BRACKET.findall(text))
    return max(accumulate(steps))


def _type_name(types: TypesRegistry, oid: int) -> str:
    info = types.get(oid)
    if info is None:
        return "unknown"
    name = info.regtype or info.name
    return f"{name}[]" if oid == info.array_oid else name
