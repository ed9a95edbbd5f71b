"""What of a statement's shape lets policies be put as they are fastest (sql/functions/policy_form.sql).

PLAIN has no condition: nothing that PostgreSQL could evaluate on a row before a policy does. A comparison of a column
with a constant would be one already: evaluated on foreign rows, it tells of them by the time that this takes, and by
whether anything behind it is evaluated at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.rls_context import Shape
from shared.sql_guard.parsing import Node

_NOT_PLAIN = {"withClause", "valuesLists", "whereClause", "havingClause"}
_NOT_SINGLE = {"withClause", "valuesLists", "groupClause", "sortClause", "distinctClause", "windowClause"}


def shape_of(select: Node) -> Shape | None:
    """The shape, SINGLE where it is both, None where it is neither.

    select: the fields of a SelectStmt that StatementCheck has passed.
    """
    if select.get("op") != "SETOP_NONE":
        return None
    sources = list(select.get("fromClause", ()))
    kinds = set(_kinds([value for field, value in select.items() if field != "fromClause"]))
    if kinds & {"SelectStmt", "SubLink"}:
        return None
    if not select.keys() & _NOT_SINGLE and len(sources) == 1 and "RangeVar" in sources[0] and "over" not in kinds:
        return Shape.SINGLE
    return Shape.PLAIN if not select.keys() & _NOT_PLAIN and _are_tables(sources) else None


def _are_tables(sources: list[Node]) -> bool:
    """Whether they are tables, joined by USING or NATURAL at most."""
    while sources:
        ((kind, fields),) = sources.pop().items()
        if kind == "JoinExpr" and "quals" not in fields:
            sources += [fields["larg"], fields["rarg"]]
        elif kind != "RangeVar":  # a function of constants becomes a constant, and the join with it a condition
            return False
    return True


def _kinds(nodes: list[Any]) -> Iterator[str]:
    """The type or field names of all that is below."""
    while nodes:
        node = nodes.pop()
        if isinstance(node, Mapping):
            yield from node
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node
