"""The owner can do anything to the trail, and the walk finds it."""

import asyncio
import json
import os
import subprocess
import sys

import psycopg
import pytest

from shared.__main__ import main
from shared.audit.chain import Head, Walk, hash_of, walk_chain
from shared.database.queries import named_queries
from tests.audit.records import append, entries, trail
from tests.conftest import REPOSITORY, Database

ROWS = 12
TURNED = "UPDATE ops.audit SET sequence = -sequence WHERE sequence >= 5;"
SHIFT = f"{TURNED} UPDATE ops.audit SET sequence = 1 - sequence WHERE sequence < 0;"
CLOSE = f"{TURNED} UPDATE ops.audit SET sequence = -1 - sequence WHERE sequence < 0;"
ZEROS = "decode(repeat('00', 32), 'hex')"
COPIED = """
    INSERT INTO ops.audit
    SELECT
        {0}, appended_at, gen_random_uuid(), number, began_at, tenant_id, object_id, client_id, store_scope, store_ids,
        method, name, task_id, arguments_mac, outcome, calls, rows, bytes, trace_id, {1}
    FROM ops.audit WHERE sequence = 3;
"""
FIFTH = {
    "an outcome": "outcome = 'OK!'",
    "a principal": "object_id = gen_random_uuid()",
    "the stores": "store_ids = '{1}'",
    "the time": "began_at = began_at + interval '1 microsecond'",
    "a word to the next column": "method = name, name = method",
    "something to nothing": "trace_id = NULL",
    "a hash": f"hash = {ZEROS}",
    "a hash of what is before": f"previous_hash = {ZEROS}",
}
"""Changes of row 5."""
TAMPERING = {
    "one deleted": ("DELETE FROM ops.audit WHERE sequence = 5", 5, "missing"),
    "one deleted, the gap closed": (f"DELETE FROM ops.audit WHERE sequence = 5; {CLOSE}", 5, "missing"),
    "the first": ("DELETE FROM ops.audit WHERE sequence = 1", 1, "missing"),
    "the first, as if forgotten": (
        "UPDATE ops.audit_chain SET (forgotten_sequence, forgotten_hash) ="
        " (SELECT sequence, hash FROM ops.audit WHERE sequence = 1); DELETE FROM ops.audit WHERE sequence = 1",
        1,
        "missing",
    ),
    "two exchanged": (
        "UPDATE ops.audit SET sequence = -5 WHERE sequence = 5; UPDATE ops.audit SET sequence = 5 WHERE sequence = 6;"
        " UPDATE ops.audit SET sequence = 6 WHERE sequence = -5",
        5,
        "reordered",
    ),
    "one inserted": (SHIFT + COPIED.format(5, f"{ZEROS}, {ZEROS}"), 5, "inserted"),
    "the last": ("DELETE FROM ops.audit WHERE sequence = 12", 12, "truncated"),
    "the last five": ("DELETE FROM ops.audit WHERE sequence > 7", 8, "truncated"),
    "all": ("DELETE FROM ops.audit", 1, "truncated"),
    "one appended by hand": (
        COPIED.format(13, f"(SELECT hash FROM ops.audit WHERE sequence = 12), {ZEROS}"),
        13,
        "changed",
    ),
    "the chain emptied": ("DELETE FROM ops.audit_chain", 1, "missing"),
    **{how: (f"UPDATE ops.audit SET {what} WHERE sequence = 5", 5, "changed") for how, what in FIFTH.items()},
}


def walked(database: Database, anchor: Head | None = None) -> Walk:
    async def walk() -> Walk:
        async with await psycopg.AsyncConnection.connect(database.backup_url, autocommit=True) as connection:
            return await walk_chain(connection, anchor)

    return asyncio.run(walk())


def tamper(database: Database, statements: str) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute(statements.encode())


@pytest.fixture
def head(empty: Database) -> Head:
    """Of a trail of ROWS rows."""
    return append(empty, entries(ROWS))


def test_a_sound_trail_is_walked_to_its_head(empty: Database, head: Head) -> None:
    walk = walked(empty)
    assert (walk.broken, walk.head, walk.begins_after.sequence, walk.anchored) == (None, head, 0, None)
    assert walked(empty, head).anchored is True
    append(empty, entries(3))
    assert (walked(empty, head).broken, walked(empty, head).anchored) == (None, True)


def test_an_empty_trail_is_intact(empty: Database) -> None:
    walk = walked(empty)
    assert (walk.broken, walk.head) == (None, Head(0, bytes(32)))


@pytest.mark.parametrize("how", TAMPERING)
def test_what_the_owner_does_is_found(empty: Database, head: Head, how: str) -> None:
    statements, sequence, kind = TAMPERING[how]
    try:
        tamper(empty, statements)
        broken = walked(empty).broken
    finally:
        tamper(empty, f"INSERT INTO ops.audit_chain VALUES (true, 0, {ZEROS}, 0, {ZEROS}) ON CONFLICT DO NOTHING")
    assert broken is not None
    assert (broken.sequence, broken.kind) == (sequence, kind), broken


def rewrite(database: Database, first: int) -> None:
    """What an owner can do who knows how the hashes are made: all of them anew from a row that is changed."""
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE ops.audit SET outcome = 'OK!' WHERE sequence = %s", (first,))
        for row in owner.execute(named_queries("audit")["rows"].encode()).fetchall():
            if (sequence := row[2]) >= first:
                [(previous,)] = owner.execute(
                    "SELECT hash FROM ops.audit WHERE sequence = %s", (sequence - 1,)
                ).fetchall()
                made = hash_of((previous, *row[1:]))
                owner.execute(
                    "UPDATE ops.audit SET previous_hash = %s, hash = %s WHERE sequence = %s", (previous, made, sequence)
                )
        owner.execute(
            "UPDATE ops.audit_chain SET last_hash = (SELECT hash FROM ops.audit ORDER BY sequence DESC LIMIT 1)"
        )


def test_an_owner_who_makes_all_hashes_anew_is_found_by_a_head_kept_elsewhere_only(empty: Database, head: Head) -> None:
    rewrite(empty, 5)
    assert walked(empty).broken is None
    broken = walked(empty, head).broken
    assert broken is not None
    assert (broken.sequence, broken.kind) == (ROWS, "rewritten")


def test_a_row_that_is_inserted_with_right_hashes_is_found(empty: Database, head: Head) -> None:
    tamper(empty, SHIFT + COPIED.format(5, f"(SELECT hash FROM ops.audit WHERE sequence = 4), {ZEROS}"))
    with psycopg.connect(empty.owner_url, autocommit=True) as owner:
        forged = owner.execute(named_queries("audit")["rows"].encode()).fetchall()[4]
        owner.execute("UPDATE ops.audit SET hash = %s WHERE sequence = 5", (hash_of(forged),))
    broken = walked(empty).broken
    assert broken is not None
    assert (broken.sequence, broken.kind) == (5, "inserted")


def test_an_end_cut_off_with_the_chain_set_back_is_found_by_a_head_kept_elsewhere_only(
    empty: Database, head: Head
) -> None:
    tamper(
        empty,
        "DELETE FROM ops.audit WHERE sequence > 7; UPDATE ops.audit_chain SET (last_sequence, last_hash)"
        " = (SELECT sequence, hash FROM ops.audit WHERE sequence = 7)",
    )
    assert walked(empty).broken is None
    broken = walked(empty, head).broken
    assert broken is not None
    assert (broken.sequence, broken.kind) == (8, "truncated")


def test_what_is_appended_behind_an_end_that_was_cut_off_does_not_hide_it(empty: Database, head: Head) -> None:
    tamper(empty, "DELETE FROM ops.audit WHERE sequence > 10")
    append(empty, entries(4))
    broken = walked(empty).broken
    assert broken is not None
    assert (broken.sequence, broken.kind) == (11, "missing")


def test_the_owner_forgets_the_beginning_and_the_rest_is_verified(empty: Database, head: Head) -> None:
    later = append(empty, entries(3))
    cut = trail(empty)[9]["appended_at"]
    with psycopg.connect(empty.owner_url, autocommit=True) as owner:
        for _ in range(2):  # the second finds nothing to forget
            owner.execute("SELECT ops.forget_audit(%s)", (cut,))
    rows = trail(empty)
    assert [row["sequence"] for row in rows] == list(range(10, 17))
    assert (rows[-1]["method"], rows[-1]["rows"], rows[-1]["store_ids"]) == ("audit/forget", 9, None)
    walk = walked(empty, later)
    assert (walk.broken, walk.anchored, walk.begins_after.sequence, walk.head.sequence) == (None, True, 9, 16)
    assert walked(empty, walk.begins_after).anchored is True
    old = walked(empty, Head(3, bytes(32)))
    assert (old.broken, old.anchored) == (None, False)
    with psycopg.connect(empty.owner_url, autocommit=True) as owner:
        owner.execute("SELECT ops.forget_audit('infinity')")
    walk = walked(empty)
    assert (walk.broken, walk.begins_after.sequence, walk.head.sequence) == (None, 16, 17)


def test_the_command_says_intact_or_broken_with_a_head_to_keep(empty: Database, head: Head) -> None:
    def verify(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "shared", "verify-audit", *arguments],
            cwd=REPOSITORY,
            env=os.environ | {"BACKUP_DATABASE_URL": empty.backup_url} | changes,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )

    sound = verify(LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (sound.returncode, sound.stderr) == (0, "")
    first, last = sound.stdout.splitlines()
    assert first == f"The trail is intact: {ROWS} rows."
    assert last.endswith(str(head))
    tamper(empty, "DELETE FROM ops.audit WHERE sequence = 5")
    broken = verify("--database-url-env", "OWNER_DATABASE_URL", OWNER_DATABASE_URL=empty.owner_url)
    assert broken.returncode == 1
    assert broken.stdout.startswith("The trail is BROKEN at row 5 (missing): ")


def test_the_command_compares_with_a_head_and_writes_json(
    empty: Database, head: Head, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"BACKUP_DATABASE_URL": empty.backup_url}
    assert main(["verify-audit", "--json", "--head", str(head)], environ) == 0
    assert json.loads(capsys.readouterr().out) == {
        "intact": True,
        "rows": ROWS,
        "begins_after": str(Head(0, bytes(32))),
        "head": str(head),
        "anchored": True,
        "broken": None,
    }
    assert main(["verify-audit", "--json", "--head", str(Head(ROWS, bytes(32)))], environ) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["intact"], report["broken"]["kind"]) == (False, "rewritten")


@pytest.mark.parametrize(
    ("url", "arguments", "status", "complaint"),
    [
        ("", (), 2, "BACKUP_DATABASE_URL is missing"),
        ("postgresql://zava_backup:hidden@db.example/zava", (), 2, "sslmode=verify-full"),
        ("postgresql://zava_backup:hidden@127.0.0.1:1/zava", (), 3, "the database says: OperationalError"),
        ("postgresql://zava_backup:hidden@127.0.0.1:1/zava", ("--head", "12"), 2, "not a head"),
    ],
)
def test_what_cannot_be_verified_is_said(
    url: str, arguments: tuple[str, ...], status: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify-audit", *arguments], {"BACKUP_DATABASE_URL": url}) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert complaint in said.err
    assert "hidden" not in said.err


def test_a_login_that_may_not_read_the_trail_cannot_verify_it(
    empty: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify-audit", "--database-url-env", "APP"], {"APP": empty.app_url}) == 3
    assert "permission denied" in capsys.readouterr().err
