"""One store's manager tries to see more, or to change something: each answer as the server gives it."""

import base64
import json
from dataclasses import dataclass

import httpx2

from local.demo.checksum import Content, content_of
from local.demo.screen import Screen
from local.demo.session import SECONDS, NotAsPromised, Stack, structured, text_of
from local.people import PEOPLE

INTRUDER, NEIGHBOUR, ABOVE = "kirkland", "seattle", "head-office"
REFUSALS = ("SQL_NOT_ALLOWED", "SQL_ERROR")
"""Codes that answer the attempt; UNAVAILABLE and the like would say nothing about it."""
WATCHED = ("retail.orders", "retail.inventory", "access.store_grants")
FORGED = "SELECT set_config('app.rls_context', 'v1|everything|*|9999999999|k|00', true)"
PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "describe_access", "arguments": {}}}


@dataclass(frozen=True)
class Attempt:
    """What it is called, and the SQL that an agent might send."""

    what: str
    sql: str


ATTEMPTS = (
    Attempt(
        "Forge the signed context",
        "WITH forged AS MATERIALIZED (SELECT set_config('app.rls_context', 'v1|everything', true))"
        " SELECT count(*) FROM retail.orders, forged",
    ),
    Attempt(
        "Ask for the other stores' rows",
        "SELECT count(*) AS orders, max(order_id) AS newest FROM retail.orders WHERE store_id <> 7",
    ),
    Attempt("Read the keys that sign contexts", "SELECT * FROM access.signing_keys"),
    Attempt("Write", "UPDATE retail.inventory SET stock_level = 0"),
    Attempt("Write inside a WITH", "WITH gone AS (DELETE FROM retail.orders RETURNING *) SELECT count(*) FROM gone"),
    Attempt("Hide a second statement", "SELECT 1; DROP TABLE retail.orders"),
    Attempt("Disguise a function as a column", "SELECT ('/etc/passwd'::text).pg_read_file"),
    Attempt("Run SQL out of a string", "SELECT query_to_xml('SELECT * FROM retail.orders', true, true, '')"),
    Attempt("Watch foreign rows go by in a condition", "SELECT count(*) FROM retail.orders WHERE random() >= 0"),
)


def escapes(stack: Stack, screen: Screen) -> None:
    """Raises NotAsPromised for the first attempt that gives a value, does not fail as it should, or changes a row."""
    before = _contents(stack)
    screen.say(f"All as {INTRUDER}, who manages one store of eight.")
    for attempt in ATTEMPTS:
        _by_sql(stack, screen, attempt)
    _by_header(stack, screen)
    _by_token(stack, screen)
    _on_the_bare_login(stack, screen)
    if _contents(stack) != before:
        raise NotAsPromised(f"{', '.join(WATCHED)} are not what they were")
    screen.holds(f"Not one value of another store came back; {', '.join(WATCHED)} have the checksums of before.")


def _by_sql(stack: Stack, screen: Screen, attempt: Attempt) -> None:
    screen.say(f"{attempt.what}:")
    screen.sent(attempt.sql)
    answer = stack.call(INTRUDER, "execute_sales_query", postgresql_query=attempt.sql)
    if answer.is_error:
        screen.answered(text_of(answer))
        if not text_of(answer).startswith(REFUSALS):
            raise NotAsPromised("the attempt was not judged, so it shows nothing")
        return
    columns, rows = structured(answer)["columns"], structured(answer)["rows"]
    screen.answered("; ".join(_named([column["name"] for column in columns], row) for row in rows) or "no rows")
    if any(value not in (0, None) for row in rows for value in row):
        raise NotAsPromised("that is a value of somebody else's")


def _named(names: list[str], row: list[object]) -> str:
    return ", ".join(f"{name} = {'NULL' if value is None else value}" for name, value in zip(names, row, strict=True))


def _by_header(stack: Stack, screen: Screen) -> None:
    """The header can only narrow."""
    told = structured(stack.call(NEIGHBOUR, "describe_access"))["stores"][0]
    screen.say("Name another store in the header that narrows a caller to one:")
    screen.sent(f"x-rls-user-id: {told['rls_user_id']}  ({told['store_name']})")
    _refused(
        stack, screen, 403, {"authorization": f"Bearer {stack.token(INTRUDER)}", "x-rls-user-id": told["rls_user_id"]}
    )


def _by_token(stack: Stack, screen: Screen) -> None:
    """The signature is over the claims."""
    screen.say(f"Write {ABOVE} into one's own token:")
    screen.sent(f'the same token and signature, with "oid": "{PEOPLE[ABOVE].object_id}"')
    _refused(stack, screen, 401, {"authorization": f"Bearer {_rewritten(stack.token(INTRUDER))}"})


def _refused(stack: Stack, screen: Screen, status: int, headers: dict[str, str]) -> None:
    accept = {"accept": "application/json, text/event-stream"}
    answer = httpx2.post(stack.url, headers=accept | headers, json=PING, timeout=SECONDS)
    screen.answered(f"HTTP {answer.status_code} {answer.reason_phrase}: {answer.text}")
    if answer.status_code != status:
        raise NotAsPromised(f"the answer should be HTTP {status}")


def _rewritten(token: str) -> str:
    header, claims, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    forged = json.dumps(said | {"oid": str(PEOPLE[ABOVE].object_id)}).encode()
    return ".".join((header, base64.urlsafe_b64encode(forged).decode().rstrip("="), signature))


def _on_the_bare_login(stack: Stack, screen: Screen) -> None:
    """Isolation is the database's: it holds with everything in front of it gone."""
    screen.say("Past the server: the same forgery on its own database login, which no guard watches:")
    count = "SELECT count(*) FROM retail.orders"
    screen.sent(f"{FORGED}; {count}")
    with stack.as_bare_login() as login, login.transaction():
        login.execute(FORGED.encode())
        [(seen,)] = login.execute(count.encode()).fetchall()
    screen.answered(f"count = {seen}")
    if seen:
        raise NotAsPromised("a forged context showed rows")


def _contents(stack: Stack) -> dict[str, Content]:
    with stack.as_superuser() as superuser:
        return {table: content_of(superuser, table) for table in WATCHED}
