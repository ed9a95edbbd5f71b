"""A backup by the operators' commands, restored into an empty database and compared row by row."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from psycopg import sql

from local.demo.checksum import Content, content_of
from local.demo.screen import Screen
from local.demo.session import NotAsPromised, Stack
from local.parts import ROOT
from shared.backups.selection import IN_BACKUP

DATABASE = "zava_demo"
"""Made for the comparison and dropped behind it."""
GOES_ON = frozenset({"ops.audit", "ops.audit_chain"})
"""Tables that have more rows by now: each call of the demo is one. `restore` compares them with the backup."""
URL = "DEMO_DATABASE_URL"
CHECKSUM_CHARACTERS = 12


def backup_and_restore(stack: Stack, screen: Screen) -> None:
    """Raises NotAsPromised where a command fails, or a table is not the same in both databases."""
    made = _run(stack, screen, "backup")
    screen.answered(f"{made['id']}: {made['rows']:,} rows, {made['stored_bytes'] / 1e6:.1f} MB packed")
    with _empty_database(stack):
        _run(stack, screen, "migrate", "--database-url-env", URL)
        _run(stack, screen, "restore", made["id"], "--database", DATABASE)
        with screen.waiting("comparing"):
            there, restored = _contents(stack, None), _contents(stack, DATABASE)
    screen.table(
        ["table", "rows", "restored", "SHA-256", "restored"],
        [
            (table, there[table].rows, restored[table].rows, *(_short(of[table]) for of in (there, restored)))
            for table in sorted(there)
        ],
    )
    if other := [table for table in sorted(there) if there[table] != restored[table]]:
        raise NotAsPromised(f"restored with other rows: {', '.join(other)}")
    if not there["retail.orders"].rows:
        raise NotAsPromised("there was no order to restore")
    rows = sum(content.rows for content in restored.values())
    screen.holds(f"{rows:,} rows of {len(restored)} tables are the same; the empty database is gone again.")


def _run(stack: Stack, screen: Screen, *arguments: str) -> Any:
    """The JSON that the command prints."""
    screen.sent(" ".join(("python -m shared", *arguments)))
    with screen.waiting(arguments[0]):
        done = subprocess.run(
            [sys.executable, "-m", "shared", *arguments, "--json"],
            cwd=ROOT,
            env=os.environ | stack.settings | {URL: _url(stack)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise NotAsPromised(done.stderr.strip() or f"`{arguments[0]}` ended with status {done.returncode}")
    return json.loads(done.stdout)


def _url(stack: Stack) -> str:
    return urlunsplit(urlsplit(stack.settings["SUPERUSER_DATABASE_URL"])._replace(path=f"/{DATABASE}"))


@contextmanager
def _empty_database(stack: Stack) -> Iterator[None]:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE))
    with stack.as_superuser() as superuser:
        superuser.execute(drop)  # a demo was killed
        superuser.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        try:
            yield
        finally:
            superuser.execute(drop)


def _contents(stack: Stack, database: str | None) -> dict[str, Content]:
    with stack.as_superuser(database) as superuser:
        return {table: content_of(superuser, table) for table in IN_BACKUP - GOES_ON}


def _short(content: Content) -> str:
    return content.checksum[:CHECKSUM_CHARACTERS]
