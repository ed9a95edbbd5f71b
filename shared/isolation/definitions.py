"""What the files of sql/functions define, and where a database has something else: both read by PostgreSQL's grammar.

So white space, order and defaults make no difference, and nothing that can be said of a function or a trigger is
forgotten. Types have the names in the files that PostgreSQL prints: boolean, not bool.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from shared.database.schema import SQL_FOLDER
from shared.domain import Domain
from shared.errors import SqlFault, TooExpensive
from shared.retail import RETAIL
from shared.sql_guard.parsing import Node, parse_statements

FUNCTIONS, TRIGGERS = "functions", "triggers"

type Subject = tuple[str, str]
"""FUNCTIONS or TRIGGERS, and a name such as access.mask_of or retail.stores trigger take_turn."""

type Definition = dict[str, Any]
"""What is said, by what it is said of: volatility, language, events, …"""

_NO = [{"Boolean": {"boolval": False}}]
_UNSAID = {
    "volatility": [{"String": {"sval": "volatile"}}],
    "parallel": [{"String": {"sval": "unsafe"}}],
    "security": _NO,
    "strict": _NO,
    "leakproof": _NO,
}
"""Options that PostgreSQL does not print, for they are its defaults."""
_NOT_COMPARED = frozenset({"location", "replace"})


def differences(
    found: Iterable[tuple[str, str, str | None]], expected: Mapping[Subject, Definition]
) -> Iterator[tuple[str, str, str]]:
    """Kind, name and problem of all that is not as expected.

    found: kind, name and definition of what a database has; None for what has none that could be told.
    """
    missing = dict(expected)
    for kind, name, text in found:
        missing.pop((kind, name), None)
        if (wanted := expected.get((kind, name))) is None:
            yield kind, name, "is not of this release"
        elif others := _differing(wanted, definitions_of(text or "").get((kind, name), {})):
            yield kind, name, f"has another definition than this release gives it ({', '.join(others)})"
    for kind, name in missing:
        yield kind, name, "is missing"


@cache
def definitions_of_this_release(domain: Domain = RETAIL) -> Mapping[Subject, Definition]:
    """What sql/functions defines, and the functions of a domain with a folder of its own."""
    paths = [*(SQL_FOLDER / "functions").glob("*.sql"), *domain.files("functions/*.sql")]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return {subject: definition for text in texts for subject, definition in definitions_of(text).items()}


def definitions_of(text: str) -> dict[Subject, Definition]:
    """The functions and triggers of a script; a trigger with what an ALTER TABLE behind it says of when it fires."""
    try:
        statements = parse_statements(text.replace("\r", ""))
    except (SqlFault, TooExpensive):  # what this grammar does not know is not of this release
        return {}
    defined: dict[Subject, Definition] = {}
    for statement in statements:
        ((kind, node),) = statement["stmt"].items()
        if kind == "CreateFunctionStmt":
            defined[FUNCTIONS, ".".join(_names(node["funcname"]))] = _function(node)
        elif kind == "CreateTrigStmt":
            defined[TRIGGERS, _trigger_name(node, node["trigname"])] = _plain(node) | {"firing": "AT_EnableTrig"}
        elif kind == "AlterTableStmt":
            for command in (item["AlterTableCmd"] for item in node["cmds"]):
                if trigger := defined.get((TRIGGERS, _trigger_name(node, command.get("name", "")))):
                    trigger["firing"] = command["subtype"]
    return defined


def _differing(one: Definition, other: Definition) -> list[str]:
    return sorted(part for part in one.keys() | other.keys() if one.get(part) != other.get(part))


def _function(node: Node) -> Definition:
    definition = _plain({part: value for part, value in node.items() if part != "options"})
    for option in (item["DefElem"] for item in node["options"]):
        definition[option["defname"]] = [*definition.get(option["defname"], []), _plain(option["arg"])]
    return {part: value for part, value in definition.items() if value != _UNSAID.get(part)}


def _plain(node: Any) -> Any:
    """A tree without what says where in the text it stood."""
    if isinstance(node, dict):
        return {field: _plain(value) for field, value in node.items() if field not in _NOT_COMPARED}
    return [_plain(item) for item in node] if isinstance(node, list) else node


def _trigger_name(node: Node, name: str) -> str:
    relation = node["relation"]
    return f"{relation.get('schemaname', '')}.{relation['relname']} trigger {name}"


def _names(nodes: list[Node]) -> list[str]:
    return [node["String"]["sval"] for node in nodes]
