"""`python -m shared verify-audit`: the audit trail for the terminal, from its beginning to its end."""

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack

from psycopg import AsyncConnection

from shared.audit.chain import Head, Row, Walk, walk_chain
from shared.commands.sentences import WronglyUsed, awaited, ended
from shared.commands.status import Status
from shared.commands.terminal import Bar, print_document, print_lines
from shared.database.pool import CONNECT_SECONDS, database_password
from shared.settings import database_url_in


def verify_audit(environ: Mapping[str, str], variable: str, *, anchor: str | None, as_json: bool) -> Status:
    """NOT_SO where the trail is broken, UNREACHABLE where the head is of rows that were deleted as old.

    variable: holds the URL of a login that reads the trail. anchor: a head from an earlier run.
    """

    def run() -> Status:
        url, head = database_url_in(environ, variable), _head(anchor)
        with Bar("rows") as bar:
            walk = awaited(_walked(url, environ.get("AZURE_CLIENT_ID"), head, bar))
        if as_json:
            print_document(_report(walk))
        else:
            print_lines(*_lines(walk))
        if walk.broken:
            return Status.NOT_SO
        return Status.UNREACHABLE if walk.anchored is False else Status.DONE

    return ended("verify-audit", run, as_json=as_json)


def _head(text: str | None) -> Head | None:
    try:
        return None if text is None else Head.parsed(text)
    except ValueError as problem:
        raise WronglyUsed(str(problem)) from None


async def _walked(url: str, azure_client_id: str | None, anchor: Head | None, bar: Bar) -> Walk:
    async with AsyncExitStack() as stack:
        password = await database_password(url, azure_client_id)
        connection: AsyncConnection[Row] = await stack.enter_async_context(
            await AsyncConnection.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS, password=password)
        )
        return await walk_chain(connection, anchor, lambda done, total: bar.show("verifying", done, total))


def _lines(walk: Walk) -> Iterator[str]:
    rows = walk.head.sequence - walk.begins_after.sequence
    if walk.begins_after.sequence:
        yield f"Rows up to {walk.begins_after.sequence} were deleted as old."
    if walk.broken:
        yield f"The trail is BROKEN at row {walk.broken.sequence} ({walk.broken.kind}): {walk.broken.problem}."
        yield f"{rows} rows before it hold. Last good head: {walk.head}"
        return
    yield f"The trail is intact: {rows} rows."
    yield f"Head, to be kept elsewhere and given as --head next time: {walk.head}"
    if walk.anchored is False:
        yield f"The given head is of rows that were deleted as old, up to {walk.begins_after.sequence}."


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
