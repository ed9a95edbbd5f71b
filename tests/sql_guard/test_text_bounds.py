"""Nothing that a caller sends ends the process or holds it up: size, depth, comments, and text that is none."""

import subprocess
import sys
import time
from contextlib import suppress

import pytest

from shared.errors import SqlFault, SqlNotAllowed, TooExpensive
from shared.sql_guard import SqlGuard, load_allowed_functions

guard = SqlGuard(load_allowed_functions())

N = 100_000
DEEP = {
    "parentheses": "SELECT " + "(" * N + "1" + ")" * N,
    "open parentheses": "SELECT " + "(" * N,
    "brackets": "SELECT ARRAY" + "[" * N + "1" + "]" * N,
    "subscripts": "SELECT x" + "[1]" * N,
    "not": "SELECT " + "NOT " * N + "true",
    "minus": "SELECT " + "- " * N + "1",
    "plus without space": "SELECT " + "+" * N + "1",
    "operator": "SELECT " + "@ " * N + "1",
    "additions": "SELECT 1" + "+1" * N,
    "concatenations": "SELECT 'a'" + "||'a'" * N,
    "casts": "SELECT 1" + "::int" * N,
    "case": "SELECT " + "CASE WHEN true THEN " * N + "1" + " END" * N,
    "case and": "SELECT " + "CASE WHEN true AND true THEN " * N + "1" + " END" * N,
    "union": "SELECT 1" + " UNION SELECT 1" * N,
    "union with commas": "SELECT 1, 2" + " UNION ALL SELECT 1, 2" * N,
    "except": "SELECT 1, 2" + " EXCEPT SELECT 1, 2" * N,
    "joins": "SELECT * FROM orders" + " JOIN orders ON true AND true" * N,
    "natural joins": "SELECT * FROM orders" + " NATURAL JOIN orders" * N,
    "subqueries": "SELECT * FROM " + "(SELECT * FROM " * N + "orders" + ") a" * N,
    "lists of subqueries": "SELECT " + "1, (SELECT " * N + "1" + ")" * N,
    "with": "WITH a AS (" * N + "SELECT 1" + ") SELECT 1" * N,
    "calls": "SELECT " + "abs(" * N + "1" + ")" * N,
    "collate": "SELECT 'a'" + ' COLLATE "C"' * N,
    "is null": "SELECT 1" + " IS NULL" * N,
    "at time zone": "SELECT now()" + " AT TIME ZONE 'UTC'" * N,
    "comments": "SELECT " + "/*" * N + "*/" * N + "1",
    "open comments": "SELECT " + "/*" * N,
    "open dollar quotes": "SELECT " + "".join(f"$a{n}$" for n in range(N)),
    "open quotes": "SELECT '" + "(" * N,
    "statements": "SELECT 1" + ";" * N,
    "words": "SELECT 1 " + "a " * N,
    "rows": "VALUES (1)" + ",(1)" * N,
    "ten megabytes": "SELECT '" + "a" * 10_000_000 + "'",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deep_and_long_text_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises((TooExpensive, SqlFault)):
        guard.check(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_as_much_of_it_as_the_tool_takes_is_refused_or_passes_at_once(text: str) -> None:
    for length in (1_000, 5_000, 100_000):
        started = time.process_time()
        with suppress(TooExpensive, SqlFault, SqlNotAllowed):
            guard.check(text[:length])
        assert time.process_time() - started < 1


def test_the_deepest_text_that_passes_does_not_end_the_process() -> None:
    """In a process of its own, on a thread with a small stack, so that a crash is seen as one."""
    program = """
import threading
from shared.errors import ToolFault
from shared.sql_guard import SqlGuard, load_allowed_functions
guard = SqlGuard(load_allowed_functions())
def check():
    for head, nest, middle, tail in [("SELECT 1", "+1", "", ""), ("SELECT ", "- ", "1", ""), ("SELECT ", "(", "1", ")"),
            ("SELECT ", "CASE WHEN true THEN ", "1", " END"), ("SELECT 1", " UNION SELECT 1", "", ""),
            ("SELECT * FROM ", "(SELECT * FROM ", "orders", ") a"), ("SELECT ", "repeat(", "'a'", ",1)")]:
        passed = 0
        for depth in range(1, 600):
            try:
                guard.check(head + nest * depth + middle + tail * depth)
                passed = depth
            except ToolFault:
                break
        print(nest, passed)
threading.stack_size(256 * 1024)
thread = threading.Thread(target=check)
thread.start()
thread.join()
print("alive")
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("alive\n")
    assert all(int(line.rsplit(" ", 1)[1]) >= 40 for line in run.stdout.splitlines()[:-1]), run.stdout


@pytest.mark.parametrize(
    ("text", "sqlstate", "position"),
    [
        ("SELECT '\0'", "22021", 9),
        ("SELECT 1\0; DROP TABLE orders", "22021", 9),
        ("SELECT '\ud800'", "22021", 9),
        ("SELEC 1", "42601", 1),
        ("SELECT 'é', (1", "42601", 15),
        ("SELECT 'é' FROM FROM", "42601", 17),
        ("SELECT 'open", "42601", 8),
        ("SELECT 1 /* open", "42601", None),
        ("SELECT E'\\ud800'", "42601", 16),
        ("SELECT store_id FROM orders GROUP BY ALL", "42601", 41),
    ],
)
def test_text_that_the_grammar_cannot_read_is_a_syntax_error(text: str, sqlstate: str, position: int | None) -> None:
    with pytest.raises(SqlFault) as caught:
        guard.check(text)
    assert (caught.value.sqlstate, caught.value.position) == (sqlstate, position)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'a' -- and on\n 'b'",
        "SELECT E'a' -- and on\n 'b\\', pg_sleep(1) --'",
        "SELECT U&'d!0061t' /* */ UESCAPE '!'",
        "SELECT 1 FROM U&\"pg!005fclass\" /* */ UESCAPE '!'",
        "SELECT 1 WHERE 1 NOT /* */ IN (2)",
        "SELECT 1 ORDER BY 1 NULLS /* */ FIRST",
    ],
)
def test_where_libpg_query_stumbles_over_a_comment_it_refuses(text: str) -> None:
    """PostgreSQL takes a comment for white space everywhere. What matters is that no other statement is seen."""
    with pytest.raises(SqlFault):
        guard.check(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '((((' || E'\\'((((' || $$((((' $$ || $a$ (((( $b$ $a$",
        "SELECT E'a'\n\t\n 'b\\'((((', 1",
        'SELECT 1 AS "(((("" (((("',
        "SELECT 1 -- (((('\n, '--((((', '/*', 2 /* '(((( */, 3",
        "SELECT 2*/* (((( */3, 1 <-- (((( '\n 2",
        'SELECT U&\'\\0061((((\', U&"a((((" FROM (SELECT 1 AS "a((((") AS x',
        "SELECT 1 AS a$b$, 2 AS c$b$",
    ],
)
def test_what_stands_in_strings_and_comments_is_not_counted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.sql_guard.text_bounds.MAX_DEPTH", 20)
    guard.check(text.replace("((((", "(" * 100))
