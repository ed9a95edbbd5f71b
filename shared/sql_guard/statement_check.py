"""Walks the tree of one SELECT: every node of a kind that is known, every name one that may be used.

The walk keeps a list of what is still to be looked at, so that no tree can exhaust Python's stack.
"""

from dataclasses import dataclass, replace
from typing import Any, NoReturn

from shared.errors import SqlNotAllowed
from shared.sql_guard.allowed_functions import AllowedFunctions
from shared.sql_guard.costs import check_function_cost, check_pattern_operator, check_recursion, check_type_cost
from shared.sql_guard.node_kinds import LEAVES, PLAIN_NODES, REFUSED_NODES, STRUCT_FIELDS, TIME_FUNCTIONS
from shared.sql_guard.parsing import ONE_SELECT, Node

BUILT_IN_SCHEMAS = frozenset({"pg_catalog", "extensions"})
ON_THE_PATH = "retail"
"""The schema whose tables need no schema before them: the search_path of sql/roles.sql."""

# The fields of a SELECT whose expressions decide nothing over rows, and those that do.
_OUTPUT_FIELDS = frozenset({"targetList", "sortClause", "windowClause", "fromClause", "larg", "rarg"})
_DECIDING_FIELDS = frozenset(
    {"distinctClause", "whereClause", "groupClause", "havingClause", "limitOffset", "limitCount", "valuesLists"}
)
_PLAIN_FIELDS = frozenset({"limitOption", "op", "all", "groupDistinct"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the statement a node stands."""

    ctes: frozenset[str] = frozenset()
    """Names of WITH queries that can be seen from here."""
    is_output: bool = True
    """False where an expression decides which rows there are. PostgreSQL takes a condition without columns for
    leakproof and may evaluate it before a policy: a volatile function there counts or tests rows of other tenants."""


class StatementCheck:
    """One statement's check against the names that are allowed."""

    def __init__(self, statement: str, allowed: AllowedFunctions) -> None:
        self._statement = statement
        self._allowed = allowed
        self._open: list[tuple[str, Node, Place]] = []
        self.tables: set[str] = set()
        """Names of those that the statement reads, once it is checked."""
        self.renames_columns = False
        """Whether it gives columns of tables other names in an alias."""
        self.unites = False
        """Whether there is a UNION, INTERSECT or EXCEPT in it."""
        self._checks = {
            "SelectStmt": self._select,
            "RangeVar": self._relation,
            "FuncCall": self._function,
            "ColumnRef": self._column,
            "A_Indirection": self._indirection,
            "A_Expr": self._operator,
            "SubLink": self._sublink,
            "SortBy": self._sort,
            "TypeName": self._type,
            "CollateClause": self._collation,
            "SQLValueFunction": self._value_function,
            "JoinExpr": self._deciding,
            "RangeFunction": self._deciding,
            "RangeTableSample": self._sample,
            "JsonTable": self._deciding,
        }

    def check(self, select: Node) -> None:
        """Raises SqlNotAllowed or TooExpensive. select: the fields of the SelectStmt."""
        self._open.append(("SelectStmt", select, Place()))
        while self._open:
            kind, fields, place = self._open.pop()
            check = self._checks.get(kind)
            if check is not None:
                check(fields, place)
            elif kind in PLAIN_NODES:
                self._add_all(fields, place)
            else:
                self._refuse_kind(kind, fields)

    def _add_all(self, fields: Node, place: Place) -> None:
        for field, value in fields.items():
            if type(value) is dict or type(value) is list:
                self._add(field, value, place if field != "agg_filter" else replace(place, is_output=False))

    def _add(self, field: str, value: Any, place: Place) -> None:
        """Puts the nodes of a field on the list. {} stands for none."""
        if type(value) is list:
            for item in value:
                for kind, fields in item.items():
                    if kind not in LEAVES:
                        self._open.append((kind, fields, place))
            return
        for kind, fields in value.items():
            if kind in LEAVES:
                return
            if kind[0].isupper():
                self._open.append((kind, fields, place))
            else:  # a field of one type holds the fields of the node alone
                self._open.append((STRUCT_FIELDS.get(field, field), value, place))
            return

    def _select(self, fields: Node, place: Place) -> None:
        if "intoClause" in fields or "lockingClause" in fields:
            what = "SELECT INTO creates a table." if "intoClause" in fields else "FOR UPDATE and FOR SHARE lock rows."
            raise SqlNotAllowed(what, ONE_SELECT)
        if "withClause" in fields:
            place = self._with(fields, place)
        self.unites |= fields.get("op") != "SETOP_NONE"
        deciding = replace(place, is_output=False)
        for field, value in fields.items():
            if field in ("larg", "rarg"):
                self._open.append(("SelectStmt", value, place))
            elif field in _OUTPUT_FIELDS:
                self._add(field, value, place)
            elif field in _DECIDING_FIELDS:
                self._add(field, value, deciding)
            elif field not in _PLAIN_FIELDS and field != "withClause":
                self._refuse_kind(field, fields)

    def _with(self, select: Node, place: Place) -> Place:
        """The place behind WITH. A query sees those before it; all of them and itself behind WITH RECURSIVE."""
        clause = select["withClause"]
        queries = [item["CommonTableExpr"] for item in clause["ctes"]]
        names = [query["ctename"] for query in queries]
        is_recursive = clause.get("recursive", False)
        for number, query in enumerate(queries):
            seen = names if is_recursive else names[:number]
            self._open.append(("CommonTableExpr", query, replace(place, ctes=place.ctes.union(seen))))
            if is_recursive and "limitCount" not in select:
                check_recursion(query)
        return replace(place, ctes=place.ctes.union(names))

    def _relation(self, fields: Node, place: Place) -> None:
        name, schema = fields["relname"], fields.get("schemaname")
        if "catalogname" in fields:
            self._refuse(
                f"{fields['catalogname']}.{schema}.{name} names a database.", f"Write {schema}.{name}.", fields
            )
        allowed = self._allowed
        self.tables.add(name)
        self.renames_columns |= "colnames" in fields.get("alias", ())
        if schema == allowed.schema or (schema is None and name in place.ctes):
            return
        if schema is None and name in allowed.relations and allowed.schema == ON_THE_PATH:
            return
        before = "" if allowed.schema == ON_THE_PATH else f"{allowed.schema}."
        tables = ", ".join(f"{before}{table}" for table in sorted(allowed.relations))
        full_name = name if schema is None else f"{schema}.{name}"
        self._refuse(
            f"{full_name} is neither a table of the schema {allowed.schema} nor a WITH query that can be seen here.",
            f"The tables are {tables}.",
            fields,
        )

    def _function(self, fields: Node, place: Place) -> None:
        name = self._unqualified(fields["funcname"], "function", fields)
        allowed = self._allowed
        if name in allowed.output_functions:
            if not place.is_output:
                self._refuse(
                    f"{name}() stands where it decides over rows (a condition, FROM, GROUP BY, VALUES or LIMIT).",
                    f"Use {name}() in a select list or in ORDER BY only, of a WITH query if need be.",
                    fields,
                )
        elif name not in allowed.functions and name not in allowed.types:  # uuid('…') is a cast, too
            self._refuse(
                f"The function {name}() is not available.",
                "Use the functions for numbers, text, dates, arrays, JSON, aggregates, windows and vectors.",
                fields,
            )
        check_function_cost(name, fields.get("args", []))
        self._add_all(fields, place)

    def _column(self, fields: Node, place: Place) -> None:
        for part in fields["fields"][1:]:
            self._attribute(part, fields)

    def _indirection(self, fields: Node, place: Place) -> None:
        for part in fields["indirection"]:
            self._attribute(part, fields["arg"].get("ColumnRef", {}))
        self._add("arg", fields["arg"], place)
        self._add("indirection", fields["indirection"], place)

    def _attribute(self, part: Node, owner: Node) -> None:
        """Refuses `x.pg_sleep` and the like: x may be a row, a value of FROM, or any expression in parentheses.

        Which columns x has is not known here. An alias of that name elsewhere in the statement proves nothing of x,
        so a name on the list is refused always; no column of the retail tables is on it (a test says so).
        """
        name = part["String"]["sval"] if "String" in part else ""
        if name in self._allowed.not_attributes or name.startswith(("pg_", "_pg_")):
            self._refuse(
                f".{name} would call the function or the cast {name}, which is not available.",
                "If you mean a column, give it another name.",
                owner,
            )

    def _operator(self, fields: Node, place: Place) -> None:
        self._unqualified(fields["name"], "operator", fields)
        check_pattern_operator(fields)
        for field in ("lexpr", "rexpr"):
            if field in fields:
                self._add(field, fields[field], place)

    def _sublink(self, fields: Node, place: Place) -> None:
        if "operName" in fields:
            self._unqualified(fields["operName"], "operator", fields)
        self._add_all(fields, place)

    def _sort(self, fields: Node, place: Place) -> None:
        if "useOp" in fields:
            self._unqualified(fields["useOp"], "operator", fields)
        self._add("node", fields["node"], place)

    def _type(self, fields: Node, place: Place) -> None:
        name = self._unqualified(fields["names"], "type", fields)
        if name not in self._allowed.types or "setof" in fields or "pct_type" in fields:
            self._refuse(
                f"The type {name} is not available.",
                "Use types of data, such as integer, numeric, text, date, timestamptz, interval, jsonb or vector.",
                fields,
            )
        check_type_cost(name, fields)
        self._add("typmods", fields.get("typmods", []), place)

    def _collation(self, fields: Node, place: Place) -> None:
        self._unqualified(fields["collname"], "collation", fields)
        if "arg" in fields:
            self._add("arg", fields["arg"], place)

    def _value_function(self, fields: Node, place: Place) -> None:
        name = fields["op"].removeprefix("SVFOP_").removesuffix("_N")
        if name not in TIME_FUNCTIONS:
            self._refuse(f"{name} is not available.", "It tells of the server, not of the data.", fields)

    def _deciding(self, fields: Node, place: Place) -> None:
        """Joins and what else in FROM has expressions; a subquery in FROM has a select list of its own."""
        deciding = replace(place, is_output=False)
        for field, value in fields.items():
            if type(value) is dict or type(value) is list:
                self._add(field, value, place if field in ("larg", "rarg") else deciding)

    def _sample(self, fields: Node, place: Place) -> None:
        method = self._unqualified(fields["method"], "sampling method", fields)
        if method not in ("system", "bernoulli"):
            self._refuse(f"The sampling method {method} is not available.", "Use SYSTEM or BERNOULLI.", fields)
        self._deciding({field: value for field, value in fields.items() if field != "method"}, place)

    def _unqualified(self, names: list[Node], what: str, owner: Node) -> str:
        """The last of the names; those before it may only be a schema of built-in objects."""
        parts = [part["String"]["sval"] for part in names]
        if len(parts) > 2 or (len(parts) == 2 and parts[0] not in BUILT_IN_SCHEMAS):
            self._refuse(f"The {what} {'.'.join(parts)} is not available.", "Use PostgreSQL's own by its name.", owner)
        name: str = parts[-1]
        return name

    def _refuse_kind(self, kind: str, fields: Node) -> NoReturn:
        unknown = (f"The construct {kind} is not known to be safe.", "Write the query without it.")
        what, remedy = REFUSED_NODES.get(kind, unknown)
        self._refuse(what, remedy, fields if isinstance(fields, dict) else {})

    def _refuse(self, problem: str, remedy: str, node: Node) -> NoReturn:
        """Nodes know their byte; a field of value 0 is left out of the tree."""
        offset = node.get("location", 0 if node else -1)
        before = self._statement.encode()[:offset].decode(errors="ignore") if offset >= 0 else None
        raise SqlNotAllowed(problem, remedy, position=None if before is None else len(before) + 1)
