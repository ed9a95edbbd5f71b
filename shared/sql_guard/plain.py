"""Whether a statement has no condition: nothing that PostgreSQL could evaluate on a row before a policy does.

Policies are put as they are fastest where there is none (sql/functions/policy_form.sql). A comparison of a column with
a constant would be one already: evaluated on foreign rows, it tells of them by the time that this takes, and by whether
anything behind it is evaluated at all.
"""

from typing import Any

from shared.sql_guard.parsing import Node


def is_plain(select: Node) -> bool:
    """Whether it is one SELECT from tables, joined by USING or NATURAL at most, without WHERE, ON and HAVING.

    select: the fields of a SelectStmt that StatementCheck has passed.
    """
    if select.get("op") != "SETOP_NONE" or select.keys() & {"withClause", "valuesLists", "whereClause", "havingClause"}:
        return False
    sources = list(select.get("fromClause", ()))
    while sources:
        ((kind, fields),) = sources.pop().items()
        if kind == "JoinExpr" and "quals" not in fields:
            sources += [fields["larg"], fields["rarg"]]
        elif kind != "RangeVar":  # a function of constants becomes a constant, and the join with it a condition
            return False
    return not _has_a_select([value for field, value in select.items() if field != "fromClause"])


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
