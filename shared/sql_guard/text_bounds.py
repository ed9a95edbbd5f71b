"""Text that the parser can take: its size and how deeply it nests, found before it is parsed.

libpg_query walks its tree by recursion without watching the stack: 100,000 additions end the process. Comments in
comments it reads in quadratic time, and nothing can interrupt it.
"""

import re

from shared.errors import SqlFault, TooExpensive

MAX_BYTES = 400_000
"""Four bytes for each of the tool's 100,000 characters."""
MAX_TOKENS = 20_000
MAX_DEPTH = 500
"""Tokens that can lie above one another in the tree. A query of a page or two comes to 100."""
MAX_COMMENT_DEPTH = 8


def _comment_pattern() -> str:
    """Comments nest, regular expressions do not: one within another, as often as is allowed."""
    pattern = r"(?!)"
    for _ in range(MAX_COMMENT_DEPTH):
        pattern = rf"/\*(?:[^*/]++|\*(?!/)|/(?!\*)|{pattern})*+\*/"
    return pattern


# PostgreSQL's scanner (scan.l), as far as it takes to know where strings and comments end. What is not closed ends with
# the text: the grammar refuses it. A string goes on after white space with a line break, under the rules of its start.
# Dotted names are one token, operators one, but a sign each: + and - can be repeated without a space.
_TOKEN = re.compile(
    rf"""
    (?: [ \t\n\r\f\v]++ | --[^\n\r]*+ | {_comment_pattern()} )*+
    (
        (?![eE]') [A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$.\u0080-\U0010ffff]*+
        | [(),;\[\]]
        | [0-9][0-9.]*+
        | '(?:[^']|'')*+'?
        | "(?:[^"]|"")*+"?
        | [*<>=~!@\#%^&|?`]++
        | /\* | ::
        | [eE]'(?:[^'\\]|''|\\.|'[ \t\f\v]*+[\n\r][ \t\n\r\f\v]*+')*+(?:'|\Z)
        | (?P<dollar> \$(?:[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*+)?\$ ) (?:.*?(?P=dollar)|.*+)
        | . | \Z
    )
    """,
    re.VERBOSE | re.DOTALL,
)

_ROLES = (
    dict.fromkeys(("(", "["), "open")
    | dict.fromkeys((")", "]"), "close")
    | dict.fromkeys((",", ";", "and", "or"), "separator")
    | dict.fromkeys(("case", "join", "union", "intersect", "except"), "chain")
    | {"/*": "comment"}
)

_SHORTER = "Send a shorter query: a CTE, a join or = ANY('{…}') says the same in less text."
_FLATTER = "Write it flatter, for example with CTEs, string_agg, IN lists or an array instead of a chain."


def check_text(statement: str) -> None:
    """Raises SqlFault for text that is none, TooExpensive for too much of it."""
    if "\0" in statement:
        raise _unreadable("The query holds a NUL character.", "22021", statement.index("\0") + 1)
    try:
        size = len(statement.encode())
    except UnicodeEncodeError as error:
        raise _unreadable("The query holds half of a surrogate pair.", "22021", error.start + 1) from error
    if size > MAX_BYTES:
        raise TooExpensive(f"The query has {size:,} bytes; at most {MAX_BYTES:,} are read.", _SHORTER)
    _check_depth(statement)


def _check_depth(statement: str) -> None:
    """Counts the tokens that can lie above one another, never too few.

    A bracket begins a new count on top of the present one. A separator goes back to where its bracket began: the tree
    goes on beside what came before. CASE, JOIN and UNION nest without a bracket, so no separator undoes them.
    """
    depth = 0
    bases = [0]
    tokens = [found[0] for found in _TOKEN.findall(statement)]
    if len(tokens) > MAX_TOKENS:
        raise TooExpensive(f"The query has more than {MAX_TOKENS:,} words and signs.", _SHORTER)
    for token in tokens:
        match _ROLES.get(token.lower()):
            case None:
                depth += 1
            case "open":
                depth += 1
                bases.append(depth)
            case "close":
                depth = bases.pop() if len(bases) > 1 else depth
            case "separator":
                depth = bases[-1]
            case "chain":
                bases[-1] += 1
                depth += 1
            case "comment":
                raise _unreadable("A comment is not closed, or holds too many others.", "42601", None)
        if depth > MAX_DEPTH:
            raise TooExpensive(f"The query nests or chains more than {MAX_DEPTH} deep.", _FLATTER)


def _unreadable(problem: str, sqlstate: str, position: int | None) -> SqlFault:
    return SqlFault(problem, "Take it out, then try again.", sqlstate=sqlstate, position=position)
