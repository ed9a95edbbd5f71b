"""`python -m shared encrypt-fields`: e-mail addresses and telephone numbers encrypted, or plain again."""

import asyncio
import base64
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shared.commands.owner import owner_login_in
from shared.commands.sentences import awaited, ended
from shared.commands.status import Status
from shared.commands.terminal import Bar, print_document, print_lines
from shared.database.queries import named_queries
from shared.errors import FieldsNotConverted, SecretUnavailable
from shared.field_encryption.conversion import Conversion, Progress, convert, decryption, encryption
from shared.field_encryption.data_key import SECRET
from shared.field_encryption.key_table import KeyTable
from shared.keys.vault_writer import open_writable_source
from shared.settings import Settings
from shared.vault import FRESHNESS, KEY_BYTES, MOST_VERSIONS, Secret

LOCK = 0x7A666C64
"""Advisory lock of a run, for as long as its connection: a direct one, as migrations have."""
SPREAD_SECONDS = FRESHNESS.retry_gap + 1
"""An instance that has asked the vault does not ask anew before that."""

type Connection = psycopg.Connection[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an operator asks for."""

    decrypt: bool = False
    rotate: bool = False
    """With a new data key. A rotation that was stopped goes on without it."""
    rewrap: bool = False
    """Brings a new version of the wrapping key."""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run did, and what is stored now."""

    changed_rows: int = 0
    values_left: int = 0
    keys_retired: int = 0
    keys_rewrapped: int = 0
    plain_values: int = 0
    encrypted_values: dict[int, int] = field(default_factory=dict)
    """By data key."""
    wrapped_by: list[str] = field(default_factory=list)
    """Versions of the wrapping key that are needed."""


def encrypt_fields(environ: Mapping[str, str], wanted: Wanted, *, as_json: bool) -> Status:
    """NOT_SO where values stay in another form. Stopping it loses nothing."""

    def run() -> Status:
        settings, (url, password) = Settings.from_environ(environ), owner_login_in(environ)
        with psycopg.connect(
            url, password=password, autocommit=True, connect_timeout=5, row_factory=dict_row
        ) as connection:
            connection.execute("SET ROLE zava_owner")
            connection.execute("SET lock_timeout = '5s'")
            outcome = _run(connection, settings, wanted)
        if as_json:
            print_document(asdict(outcome))
        else:
            print_lines(_sentences(outcome))
        return Status.NOT_SO if outcome.values_left else Status.DONE

    stopped = "stopped; it goes on with --decrypt as before, or without an option"
    return ended("encrypt-fields", run, as_json=as_json, stopped=stopped)


def _run(connection: Connection, settings: Settings, wanted: Wanted) -> Outcome:
    if wanted.dry_run:
        return _stored(connection, Outcome())
    with _one_run(connection):
        return _converted(connection, settings, wanted)


@contextmanager
def _one_run(connection: Connection) -> Iterator[None]:
    """Raises FieldsNotConverted where another one is at work."""
    queries = named_queries("field_encryption")
    if not connection.execute(queries["lock"], {"lock": LOCK}).fetchall()[0]["pg_try_advisory_lock"]:
        raise FieldsNotConverted("another run is at work")
    try:
        yield
    finally:
        # A busy server may end the session, and with it the lock, only when the next run has already begun.
        with suppress(psycopg.Error):
            connection.execute(queries["unlock"], {"lock": LOCK})


def _converted(connection: Connection, settings: Settings, wanted: Wanted) -> Outcome:
    queries = named_queries("field_encryption")
    has_keys = bool(connection.execute(queries["keys"]).fetchall())
    versions = awaited(_wrapping_key(settings, has_keys=has_keys, new=wanted.rewrap, needed=not wanted.decrypt))
    table = KeyTable(connection, versions)
    rewrapped = table.rewrap()
    current = None
    if not wanted.decrypt:
        current = table.add() if wanted.rotate else table.current()
    conversion = encryption(current, table.keys) if current else decryption(table.keys)
    done = _told(connection, conversion)
    if done.rows:
        connection.execute(queries["clean"])
    outcome = Outcome(
        changed_rows=done.rows,
        values_left=done.left,
        keys_retired=table.retire_unused(current),
        keys_rewrapped=rewrapped,
        wrapped_by=table.wrapped_by(),
    )
    return _stored(connection, outcome)


def _told(connection: Connection, conversion: Conversion) -> Progress:
    """The progress at its end."""
    progress = Progress()
    [counted] = connection.execute("SELECT count(*) FROM retail.customers").fetchall()
    with Bar("customers changed") as bar:
        for progress in convert(connection, conversion):
            bar.show("converting", progress.rows, counted["count"])
    return progress


def _stored(connection: Connection, outcome: Outcome) -> Outcome:
    """The outcome with what is stored now."""
    rows = connection.execute(named_queries("field_encryption")["stored"]).fetchall()
    values = {row["key_id"]: row["count"] for row in rows}
    return replace(outcome, plain_values=values.pop(0, 0), encrypted_values=values)


async def _wrapping_key(settings: Settings, *, has_keys: bool, new: bool, needed: bool) -> list[Secret]:
    """Its versions, newest first; the first is made where one is needed and nothing is wrapped.

    A new one is given back when every instance that asks the vault is given it. Raises SecretUnavailable.
    """
    source = open_writable_source(settings)
    try:
        versions = list(await source.newest(SECRET, MOST_VERSIONS))
        if has_keys and not versions:
            raise SecretUnavailable(f"secret {SECRET} has no enabled version, and data keys are wrapped by it")
        if new or needed and not versions:
            if len(versions) >= MOST_VERSIONS:
                raise SecretUnavailable(f"secret {SECRET} has {len(versions)} enabled versions: disable old ones first")
            added = await source.add(SECRET, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
            await source.enable(added)
            versions.insert(0, added)
        if has_keys:
            await asyncio.sleep(min(max(versions[0].created + SPREAD_SECONDS - time.time(), 0), SPREAD_SECONDS))
        return versions
    finally:
        await source.close()


def _sentences(outcome: Outcome) -> str:
    lines = [f"{outcome.changed_rows} rows changed, {outcome.values_left} values left as they were."]
    if outcome.keys_retired or outcome.keys_rewrapped:
        lines.append(f"Data keys: {outcome.keys_retired} retired, {outcome.keys_rewrapped} wrapped anew.")
    by_key = ", ".join(f"{count} with data key {key_id}" for key_id, count in outcome.encrypted_values.items())
    lines.append(f"Stored: {outcome.plain_values} values in plain text, {by_key or 'none encrypted'}.")
    if outcome.wrapped_by:
        lines.append(f"Versions of {SECRET} that are needed: {', '.join(outcome.wrapped_by)}.")
    return "\n".join(lines)
