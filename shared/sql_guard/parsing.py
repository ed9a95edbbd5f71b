"""Text in, the tree of the one statement out, by PostgreSQL's own grammar (libpg_query, version 17).

Nothing that a SELECT can say is new in version 18. What this grammar cannot read does not run. Some of
what PostgreSQL can read is among it: a comment between NOT and IN, NULLS and FIRST, WITH and TIME or ORDINALITY, before
UESCAPE, or between the parts of a string that goes on in the next line.
"""

from typing import Any

import pgparse  # type: ignore[import-not-found]  # a C extension without type hints

from shared.errors import SqlFault, SqlNotAllowed, TooExpensive

ONE_SELECT = "Send exactly one SELECT (WITH, VALUES and TABLE are fine), without INTO and without a locking clause."

type Node = dict[str, Any]
"""A node's fields. A field of any type holds {type: fields}, a field of one type holds the fields alone."""


def parse_select(statement: str) -> tuple[Node, str]:
    """The fields of the SelectStmt, and the text up to its end, without a semicolon and what follows.

    statement: bounded by check_text.
    """
    trees = parse_statements(statement)
    if len(trees) != 1:
        said = "Nothing but white space and comments" if not trees else f"{len(trees)} statements"
        raise SqlNotAllowed(f"{said} instead of one SELECT.", ONE_SELECT)
    ((kind, fields),) = trees[0]["stmt"].items()
    if kind != "SelectStmt":
        raise SqlNotAllowed(f"This is {_article(kind)}, not a SELECT.", ONE_SELECT)
    select: Node = fields
    return select, _up_to_the_end(statement, trees[0])


def parse_statements(text: str) -> list[Node]:
    """The tree of each statement. Raises SqlFault."""
    try:
        trees: list[Node] = pgparse.parse(text)
    except pgparse.PGQueryError as error:
        where = f"at character {error.position}" if error.position else "there"
        raise SqlFault(
            f"PostgreSQL says: {error.message}.",
            f"Correct the syntax {where}, then try again.",
            sqlstate="42601",
            position=error.position or None,
        ) from error
    except RecursionError as error:
        raise TooExpensive("The query nests too deeply.", "Write it flatter, for example with CTEs.") from error
    return trees


def _up_to_the_end(statement: str, tree: dict[str, Any]) -> str:
    """libpg_query counts bytes, and gives no length where no semicolon follows."""
    if "stmt_len" not in tree:
        return statement
    return statement.encode()[: tree.get("stmt_location", 0) + tree["stmt_len"]].decode()


def _article(kind: str) -> str:
    name = kind.removesuffix("Stmt")
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name} statement"
