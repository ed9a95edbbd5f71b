"""What would cost the server dearly and no plan shows: huge constants, endless recursion, patterns that explode.

Only what can be read off the text is refused here. The rest ends by statement_timeout: sorting, joining and, since
PostgreSQL 16, matching regular expressions can all be interrupted.
"""

import math
import re
from datetime import datetime
from typing import Any, NoReturn

from shared.errors import TooExpensive
from shared.sql_guard.parsing import Node

MAX_ROWS = 1_000_000
MAX_CHARACTERS = 1_000_000
MAX_PATTERN = 1_000
MAX_QUANTIFIERS_WITH_BACK_REFERENCE = 3

_SECONDS = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000, "year": 31_536_000,
}  # fmt: skip
_INTERVAL = re.compile(r"\s*(\d{1,9})\s*(second|minute|hour|day|week|month|year)s?\s*", re.IGNORECASE)
_WIDTH = re.compile(r"%(?:\d+\$)?-?(\d+)")
_QUANTIFIER = re.compile(r"[*+?]|\{\d")
_BACK_REFERENCE = re.compile(r"\\[1-9]")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")
_PATTERN_FUNCTIONS = frozenset(
    {
        "regexp_count", "regexp_instr", "regexp_like", "regexp_match", "regexp_matches", "regexp_replace",
        "regexp_split_to_array", "regexp_split_to_table", "regexp_substr", "similar_escape", "similar_to_escape",
        "substring",
    }
)  # fmt: skip
_PATTERN_OPERATORS = frozenset({"~", "~*", "!~", "!~*"})


def check_function_cost(name: str, arguments: list[Node]) -> None:
    """Raises TooExpensive where constant arguments make the result huge."""
    if name == "generate_series":
        _check_series(arguments)
    elif name in ("repeat", "lpad", "rpad", "format") and _characters(name, arguments) > MAX_CHARACTERS:
        _too_big(f"{name}() makes more than {MAX_CHARACTERS:,} characters here.")
    elif name == "array_fill":
        _check_array(arguments)
    elif name in _PATTERN_FUNCTIONS:
        _check_pattern(arguments[0 if name.startswith("similar") else 1 :][:1])


def check_pattern_operator(expression: Node) -> None:
    """Raises TooExpensive for a constant pattern that takes long. expression: the fields of an A_Expr."""
    if expression["name"][-1]["String"]["sval"] in _PATTERN_OPERATORS and "rexpr" in expression:
        _check_pattern([expression["rexpr"]])


def check_type_cost(name: str, fields: Node) -> None:
    """Raises TooExpensive for a type that pads to a huge width, as char(10000000) does."""
    sizes = [_number(modifier) or 0 for modifier in fields.get("typmods", [])]
    # The one modifier of interval is a mask of fields.
    if name != "interval" and max(sizes, default=0) > MAX_CHARACTERS:
        _too_big(f"{name} is wider than {MAX_CHARACTERS:,} here.")


def check_recursion(query: Node) -> None:
    """Raises TooExpensive where a recursive query feeds on itself alone and nothing ends it."""
    union = query["ctequery"].get("SelectStmt", {})
    step = union.get("rarg", {})
    sources = step.get("fromClause", [])
    names = [source["RangeVar"]["relname"] for source in sources if "RangeVar" in source]
    is_endless = union.get("all") and "cycle_clause" not in query and names == [query["ctename"]] and len(sources) == 1
    ends = {"whereClause", "limitCount", "havingClause", "groupClause", "distinctClause"}
    if is_endless and not ends & (step.keys() | union.keys()):
        raise TooExpensive(
            f"The recursive query {query['ctename']} has nothing that ends it.",
            "Give its second part a WHERE, for example WHERE n < 100, or use generate_series.",
        )


def _check_series(arguments: list[Node]) -> None:
    numbers = [_number(argument) for argument in arguments[:3]]
    if len(numbers) < 2:
        return
    start, stop, step = numbers if len(numbers) == 3 else (*numbers, 1)
    if start is not None and stop is not None and step and (stop - start) / step > MAX_ROWS:
        raise TooExpensive(
            f"generate_series() makes more than {MAX_ROWS:,} rows here.", "Use closer ends or a longer step."
        )


def _check_array(arguments: list[Node]) -> None:
    sizes = arguments[1].get("A_ArrayExpr", {}).get("elements", []) if len(arguments) >= 2 else []
    if math.prod(_number(size) or 1 for size in sizes) > MAX_CHARACTERS:
        _too_big(f"array_fill() makes more than {MAX_CHARACTERS:,} elements here.")


def _check_pattern(patterns: list[Node]) -> None:
    pattern = _text(patterns[0]) if patterns else None
    if pattern is None:
        return
    if len(pattern) > MAX_PATTERN:
        _too_big(f"A pattern has {len(pattern):,} characters; at most {MAX_PATTERN:,} are matched.")
    quantifiers = len(_QUANTIFIER.findall(pattern))
    if _BACK_REFERENCE.search(pattern) and (
        quantifiers > MAX_QUANTIFIERS_WITH_BACK_REFERENCE or _REPEATED_GROUP.search(pattern)
    ):
        raise TooExpensive(
            "A pattern repeats around a back-reference, which can take very long.",
            "Match without \\1, or without repeating the group.",
        )


def _characters(name: str, arguments: list[Node]) -> float:
    """Of a call with constant arguments, about how long its result is; too little for what cannot be told."""
    if name == "format":
        widths = _WIDTH.findall(_text(arguments[0]) or "") if arguments else []
        return max((float(width) for width in widths), default=0)
    length = 1.0
    while name == "repeat" and len(arguments) == 2:
        length *= _number(arguments[1]) or 1
        call = arguments[0].get("FuncCall")
        if call is None:
            return length * len(_text(arguments[0]) or " ")
        name, arguments = call["funcname"][-1]["String"]["sval"], call.get("args", [])
    width = _number(arguments[1]) if name in ("lpad", "rpad") and len(arguments) >= 2 else 1
    return length * (width or 1)


def _text(node: Node) -> str | None:
    """The text of a constant, with or without a cast."""
    if "TypeCast" in node:
        node = node["TypeCast"]["arg"]
    text: str | None = node.get("A_Const", {}).get("sval", {}).get("sval")
    return text


def _number(node: Node) -> float | None:
    """A constant number, or the seconds of a constant date, time or simple interval."""
    sign = 1
    while "A_Expr" in node and "lexpr" not in node["A_Expr"] and node["A_Expr"]["name"][-1]["String"]["sval"] == "-":
        node, sign = node["A_Expr"]["rexpr"], -sign
    if "TypeCast" in node:
        node = node["TypeCast"]["arg"]
    constant: dict[str, Any] = node.get("A_Const", {})
    if "ival" in constant:
        return sign * int(constant["ival"].get("ival", 0))
    if "fval" in constant:
        return sign * _float(constant["fval"]["fval"])
    text = constant.get("sval", {}).get("sval")
    return None if text is None else _seconds(text)


def _float(text: str) -> float:
    try:
        return float(text)  # infinite where it is too large
    except ValueError:
        return math.inf  # a large integer in hexadecimal, octal or binary


def _seconds(text: str) -> float | None:
    if interval := _INTERVAL.fullmatch(text):
        return int(interval[1]) * _SECONDS[interval[2].lower()]
    try:
        return (datetime.fromisoformat(text).replace(tzinfo=None) - datetime.min).total_seconds()
    except ValueError:
        return None


def _too_big(problem: str) -> NoReturn:
    raise TooExpensive(problem, "Use a smaller size.")
