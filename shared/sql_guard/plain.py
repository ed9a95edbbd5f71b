"""Whether nothing in a statement's conditions can tell of a row that it is evaluated on, but by the rows of the answer.

PostgreSQL may evaluate a condition before a policy if it takes it for leakproof. Comparisons of columns with columns
and constants then tell nothing. A sub-select does, and so does a function of constants that is worked out while the
statement runs: by failing, by taking time or by changing something. Where there is none of these, policies may be put
as they are fastest (sql/functions/policy_form.sql). So this says yes to what is known to be harmless, and no to the
rest.
"""

import re
from typing import Any

from shared.sql_guard.parsing import Node

_COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})
_COMPARING = frozenset(
    {
        *("AEXPR_IN", "AEXPR_LIKE", "AEXPR_ILIKE", "AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"),
        *("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM"),
    }
)
_TIMES = frozenset({"date", "timestamp", "timestamptz"})
# Four digits of a year: no conversion between these types fails.
_TIME = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?)?")


def is_plain(select: Node) -> bool:
    """Whether it is one SELECT from tables, with no condition but comparisons of columns and constants.

    select: the fields of a SelectStmt that StatementCheck has passed.
    """
    if select.get("op") != "SETOP_NONE" or select.keys() & {"withClause", "valuesLists", "havingClause"}:
        return False
    output = [value for field, value in select.items() if field not in ("fromClause", "whereClause")]
    if _has_a_select(output):
        return False
    conditions = [select["whereClause"]] if "whereClause" in select else []
    sources = list(select.get("fromClause", ()))
    while sources:
        ((kind, fields),) = sources.pop().items()
        if kind == "JoinExpr":
            sources += [fields["larg"], fields["rarg"]]
            conditions += [fields["quals"]] if "quals" in fields else []
        elif kind != "RangeVar":
            return False
    return _all_plain(conditions)


def _has_a_select(nodes: list[Any]) -> bool:
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if "SelectStmt" in node or "SubLink" in node:
                return True
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node
    return False


def _all_plain(conditions: list[Node]) -> bool:
    while conditions:
        ((kind, fields),) = conditions.pop().items()
        match kind:
            case "ColumnRef" | "A_Const":
                pass
            case "BoolExpr":
                conditions += fields["args"]
            case "NullTest" | "BooleanTest":
                conditions.append(fields["arg"])
            case "List":
                conditions += fields["items"]
            case "A_Expr" if _compares(fields):
                conditions += [fields["lexpr"], fields["rexpr"]]
            case "TypeCast" if _is_a_time(fields):
                pass
            case _:
                return False
    return True


def _compares(expression: Node) -> bool:
    if expression["kind"] == "AEXPR_OP":
        names = [part["String"]["sval"] for part in expression["name"]]
        return len(names) == 1 and names[0] in _COMPARISONS and "lexpr" in expression
    return expression["kind"] in _COMPARING


def _is_a_time(cast: Node) -> bool:
    """DATE '2024-01-01' and the like."""
    names = [part["String"]["sval"] for part in cast["typeName"].get("names", ())]
    text = cast["arg"].get("A_Const", {}).get("sval", {}).get("sval", "")
    return names[-1:] != [] and names[-1] in _TIMES and _TIME.fullmatch(text) is not None
