"""`python -m shared revoke-tokens`: tokens that no instance accepts any more, from within ten seconds on."""

import json
import re
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shared.commands.sentences import database_says
from shared.database.queries import named_queries
from shared.identity.access_token import MAX_TOKEN_ID
from shared.identity.revocations import Key, principal_subject
from shared.settings import GUID

DONE, NOT_THERE, FAILED = 0, 1, 2
MOST = 10_000
"""Entries. Every instance holds all of them, so who needs more disables the application or the tenant."""

type Entry = dict[str, Any]
type Work = Callable[[psycopg.Connection[Entry]], list[Entry]]


def revoke_tokens(environ: Mapping[str, str], key: Key, before: datetime | None, *, as_json: bool) -> int:
    """Refuse what the key names. before: tokens issued until then; None: until now of a principal, else all."""

    if before is not None and key[0] == "token":
        return _complain("a token was issued once: leave out --before")

    def revoke(connection: psycopg.Connection[Entry]) -> list[Entry]:
        queries = named_queries("revocations")
        connection.execute(queries["forget"])
        [counted] = connection.execute(queries["count"]).fetchall()
        if counted["count"] >= MOST:
            raise _TooMany
        return connection.execute(queries["revoke"], _parameters(key) | {"before": before}).fetchall()

    return _run(environ, revoke, "are refused by every instance within 10 seconds", as_json)


def lift_revocation(environ: Mapping[str, str], key: Key, *, as_json: bool) -> int:
    """Accept again what the key names; NOT_THERE where it was not refused."""

    def lift(connection: psycopg.Connection[Entry]) -> list[Entry]:
        return connection.execute(named_queries("revocations")["lift"], _parameters(key)).fetchall()

    return _run(environ, lift, "are accepted again by every instance within 10 seconds", as_json)


def list_revocations(environ: Mapping[str, str], *, as_json: bool) -> int:
    """Print what is refused."""

    def listed(connection: psycopg.Connection[Entry]) -> list[Entry]:
        queries = named_queries("revocations")
        connection.execute(queries["forget"])
        return connection.execute(queries["list"]).fetchall()

    status = _run(environ, listed, "are refused", as_json)
    return DONE if status == NOT_THERE else status


def principal(text: str) -> Key:
    """TID/OID as an entry's key."""
    tenant_id, _, object_id = text.partition("/")
    if not (GUID.fullmatch(tenant_id) and GUID.fullmatch(object_id)):
        raise ArgumentTypeError("not a tenant's and an object's GUID with a slash between")
    return "principal", principal_subject(tenant_id.lower(), object_id.lower())


def client(text: str) -> Key:
    """A client's id as an entry's key."""
    if not GUID.fullmatch(text):
        raise ArgumentTypeError("not a GUID")
    return "client", text.lower()


def token(text: str) -> Key:
    """A token's uti as an entry's key: its name, never the token."""
    if not re.fullmatch(rf"[\w-]{{1,{MAX_TOKEN_ID}}}", text, re.ASCII):
        raise ArgumentTypeError("not the claim uti of a token")
    return "token", text


def moment(text: str) -> datetime:
    """A time that is over; without an offset, UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError("not a time such as 2026-11-22T18:30:00Z") from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if at > datetime.now(UTC):
        raise ArgumentTypeError("a time that is still to come")
    return at


class _TooMany(Exception):
    """The list is full."""


def _parameters(key: Key) -> dict[str, object]:
    kind, subject = key
    return {"kind": kind, "subject": subject}


def _run(environ: Mapping[str, str], work: Work, outcome: str, as_json: bool) -> int:
    if not (owner_url := environ.get("OWNER_DATABASE_URL")):
        return _complain("OWNER_DATABASE_URL is missing: the URL of a login that may SET ROLE to zava_owner")
    try:
        with (
            psycopg.connect(owner_url, autocommit=True, connect_timeout=5, row_factory=dict_row) as connection,
            connection.transaction(),
        ):
            connection.execute("SET LOCAL ROLE zava_owner")
            connection.execute("SET LOCAL lock_timeout = '5s'")
            entries = work(connection)
    except _TooMany:
        return _complain(f"there are {MOST} revocations already; lift some, or disable the application in Entra")
    except psycopg.Error as error:
        return _complain(database_says(error))
    _print(entries, outcome, as_json)
    return DONE if entries else NOT_THERE


def _print(entries: Sequence[Entry], outcome: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"revocations": entries}, default=_iso, indent=2))
        return
    for entry in entries:
        until = f" issued until {_iso(entry['issued_before'])}" if entry["issued_before"] else ""
        by = f"(by {entry['revoked_by']}, {_iso(entry['revoked_at'])})"
        print(f"Tokens of {entry['kind']} {entry['subject']}{until} {outcome} {by}.")
    if not entries:
        print("Nothing like that is revoked.")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _complain(sentence: str) -> int:
    print(f"revoke-tokens: {sentence}", file=sys.stderr)
    return FAILED
