"""`python -m shared verify-audit`: the audit trail for the terminal, from its beginning to its end."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import psycopg
from psycopg import AsyncConnection

from shared.audit.chain import Head, Row, Walk, walk_chain
from shared.commands.sentences import database_says
from shared.database.pool import CONNECT_SECONDS, POSTGRES_SCOPE
from shared.errors import SettingsError
from shared.settings import database_url_in
from shared.vault import azure_credential

INTACT, BROKEN, UNKNOWN = 0, 1, 2


def verify_audit(environ: Mapping[str, str], variable: str, *, anchor: str | None, as_json: bool) -> int:
    """The exit status: INTACT, BROKEN, or UNKNOWN where nobody can say.

    variable: holds the URL of a login that reads the trail. anchor: a head from an earlier run.
    """
    try:
        head = None if anchor is None else Head.parsed(anchor)
        walk = asyncio.run(_walked(database_url_in(environ, variable), environ.get("AZURE_CLIENT_ID"), head))
    except (SettingsError, ValueError) as problem:
        return _complain(str(problem))
    except psycopg.Error as error:
        return _complain(database_says(error))
    _print(walk, as_json)
    if walk.broken:
        return BROKEN
    if walk.anchored is False:
        return _complain(f"the given head is of rows that were deleted as old, up to {walk.begins_after.sequence}")
    return INTACT


async def _walked(url: str, azure_client_id: str | None, anchor: Head | None) -> Walk:
    async with AsyncExitStack() as stack:
        password = None
        if not urlsplit(url).password:
            credential = await stack.enter_async_context(azure_credential(azure_client_id))
            password = (await credential.get_token(POSTGRES_SCOPE)).token
        connection: AsyncConnection[Row] = await stack.enter_async_context(
            await AsyncConnection.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS, password=password)
        )
        return await walk_chain(connection, anchor, _show)


def _show(done: int, total: int) -> None:
    """One line that is written over, for who sits before it."""
    if sys.stderr.isatty():
        filled = 30 * done // max(done, total)
        print(f"\rverifying {'━' * filled}{'╌' * (30 - filled)} {done} of {total} rows", end="\r", file=sys.stderr)


def _print(walk: Walk, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_report(walk), indent=2))
        return
    rows = walk.head.sequence - walk.begins_after.sequence
    if walk.begins_after.sequence:
        print(f"Rows up to {walk.begins_after.sequence} were deleted as old.")
    if walk.broken:
        print(f"The trail is BROKEN at row {walk.broken.sequence} ({walk.broken.kind}): {walk.broken.problem}.")
        print(f"{rows} rows before it hold. Last good head: {walk.head}")
    else:
        print(f"The trail is intact: {rows} rows.")
        print(f"Head, to be kept elsewhere and given as --head next time: {walk.head}")


def _report(walk: Walk) -> dict[str, object]:
    broken = walk.broken
    return {
        "intact": broken is None and walk.anchored is not False,
        "rows": walk.head.sequence - walk.begins_after.sequence,
        "begins_after": str(walk.begins_after),
        "head": str(walk.head),
        "anchored": walk.anchored,
        "broken": broken and {"sequence": broken.sequence, "kind": broken.kind, "problem": broken.problem},
    }


def _complain(sentence: str) -> int:
    print(f"verify-audit: {sentence}", file=sys.stderr)
    return UNKNOWN
