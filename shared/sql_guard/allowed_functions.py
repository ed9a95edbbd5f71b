"""The names that a statement may use, from the reviewed file sql/allowed_functions.txt."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

ALLOWED_FUNCTIONS_FILE = Path(__file__).resolve().parents[2] / "sql" / "allowed_functions.txt"


@dataclass(frozen=True, kw_only=True)
class AllowedFunctions:
    """Names as the grammar resolves them: folded to lower case unless quoted."""

    functions: frozenset[str]
    """May be called anywhere."""
    output_functions: frozenset[str]
    """May be called in a select list and in ORDER BY, never where they decide over rows."""
    not_attributes: frozenset[str]
    """May not follow a dot: `x.name` calls the function, or casts to the type, where x has no such column."""
    types: frozenset[str]
    """May be cast to."""
    relations: frozenset[str]
    """Tables of the schema."""
    schema: str = "retail"
    """Where callers read."""

    def reading(self, schema: str, tables: Iterable[str]) -> "AllowedFunctions":
        """The same for the tables of another schema."""
        return replace(self, schema=schema, relations=frozenset(tables))


def load_allowed_functions(path: Path = ALLOWED_FUNCTIONS_FILE) -> AllowedFunctions:
    """Reads lines of `kind name`; queries/allowed_functions.sql makes them."""
    names: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, name = line.split(" ", maxsplit=1)
        names.setdefault(kind, set()).add(name)
    return AllowedFunctions(
        functions=frozenset(names["function"]),
        output_functions=frozenset(names["function-in-output"]),
        not_attributes=frozenset(names["not-attribute"]),
        types=frozenset(names["type"]),
        relations=frozenset(names["relation"]),
    )
