"""`python -m shared revoke-tokens`: tokens that no instance accepts any more, from within ten seconds on."""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shared.commands.owner import owner_login_in
from shared.commands.sentences import RefusedHere, WronglyUsed, ended
from shared.commands.status import Status
from shared.commands.terminal import print_document, print_lines
from shared.database.queries import named_queries
from shared.identity.access_token import MAX_TOKEN_ID
from shared.identity.revocations import Key, principal_subject
from shared.settings import GUID

MOST = 10_000
"""Entries. Every instance holds all of them, so who needs more disables the application or the tenant."""

type Entry = dict[str, Any]
type Work = Callable[[psycopg.Connection[Entry]], list[Entry]]


def revoke_tokens(
    environ: Mapping[str, str], key: Key, before: datetime | None, *, dry_run: bool, as_json: bool
) -> Status:
    """Refuse what the key names. before: tokens issued until then; None: until now of a principal, else all."""

    def revoke(connection: psycopg.Connection[Entry]) -> list[Entry]:
        if before is not None and key[0] == "token":
            raise WronglyUsed("a token was issued once: leave out --before")
        queries = named_queries("revocations")
        connection.execute(queries["forget"])
        [counted] = connection.execute(queries["count"]).fetchall()
        if counted["count"] >= MOST:
            raise RefusedHere(f"there are {MOST} revocations already; lift some, or disable the application in Entra")
        return connection.execute(queries["revoke"], _parameters(key) | {"before": before}).fetchall()

    return _run(environ, revoke, "are refused by every instance within 10 seconds", dry_run=dry_run, as_json=as_json)


def lift_revocation(environ: Mapping[str, str], key: Key, *, dry_run: bool, as_json: bool) -> Status:
    """Accept again what the key names; NOT_SO where it was not refused."""

    def lift(connection: psycopg.Connection[Entry]) -> list[Entry]:
        return connection.execute(named_queries("revocations")["lift"], _parameters(key)).fetchall()

    outcome = "are accepted again by every instance within 10 seconds"
    return _run(environ, lift, outcome, dry_run=dry_run, as_json=as_json)


def list_revocations(environ: Mapping[str, str], *, as_json: bool) -> Status:
    """Print what is refused."""

    def listed(connection: psycopg.Connection[Entry]) -> list[Entry]:
        queries = named_queries("revocations")
        connection.execute(queries["forget"])
        return connection.execute(queries["list"]).fetchall()

    status = _run(environ, listed, "are refused", dry_run=False, as_json=as_json)
    return Status.DONE if status is Status.NOT_SO else status


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


def _parameters(key: Key) -> dict[str, object]:
    kind, subject = key
    return {"kind": kind, "subject": subject}


def _run(environ: Mapping[str, str], work: Work, outcome: str, *, dry_run: bool, as_json: bool) -> Status:
    def run() -> Status:
        url, password = owner_login_in(environ)
        with (
            psycopg.connect(
                url, password=password, autocommit=True, connect_timeout=5, row_factory=dict_row
            ) as connection,
            connection.transaction(force_rollback=dry_run),
        ):
            connection.execute("SET LOCAL ROLE zava_owner")
            connection.execute("SET LOCAL lock_timeout = '5s'")
            entries = work(connection)
        if as_json:
            print_document({"revocations": entries, "dry_run": dry_run}, _iso)
        else:
            print_lines(*_lines(entries, outcome.replace("are ", "would be ", 1) if dry_run else outcome))
        return Status.DONE if entries else Status.NOT_SO

    return ended("revoke-tokens", run, as_json=as_json, stopped="stopped; nothing was changed")


def _lines(entries: Sequence[Entry], outcome: str) -> Iterator[str]:
    for entry in entries:
        until = f" issued until {_iso(entry['issued_before'])}" if entry["issued_before"] else ""
        by = f"(by {entry['revoked_by']}, {_iso(entry['revoked_at'])})"
        yield f"Tokens of {entry['kind']} {entry['subject']}{until} {outcome} {by}."
    if not entries:
        yield "Nothing like that is revoked."


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
