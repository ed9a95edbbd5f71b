"""A run leaves a whole backup or none, one at a time, and refuses to make one that would lack rows."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from shared.backups.blob_store import BlobStore
from shared.backups.full import back_up_full
from shared.backups.lease import Lease
from shared.backups.listing import listed_backups, newest_complete
from shared.backups.manifest import Manifest, is_id, new_id
from shared.backups.restore import check_backup
from shared.errors import BackupFailed
from tests.backups.conftest import KEYS, contents, run
from tests.conftest import REPOSITORY, Database

ORDER = "INSERT INTO retail.orders (order_id, customer_id, store_id, order_date) VALUES (9000001, 1, 7, '2026-01-02')"


@contextmanager
def changed(database: Database, change: str, undo: str) -> Iterator[None]:
    """By an administrator, for the block."""
    run(database, change)
    try:
        yield
    finally:
        run(database, undo)


def back_up(database: Database, store: BlobStore, unless_younger_than: timedelta = timedelta(0)) -> Manifest | None:
    return back_up_full(database.backup_url, None, store, KEYS, unless_younger_than=unless_younger_than)


BACKUP_POLICY = "CREATE POLICY select_backup ON retail.orders FOR SELECT TO zava_backup USING (true)"
NARROW = "CREATE POLICY narrow ON retail.orders AS RESTRICTIVE FOR SELECT TO PUBLIC USING (store_id <> 7)"
UNCOUNTED = (
    "ALTER TABLE retail.orders DISABLE TRIGGER record_changes_inserted; " + ORDER + ";"
    "ALTER TABLE retail.orders ENABLE ALWAYS TRIGGER record_changes_inserted"
)


@pytest.mark.parametrize(
    ("change", "undo", "why"),
    [
        ("DROP POLICY select_backup ON retail.orders", BACKUP_POLICY, "policies may keep rows.*retail.orders"),
        (
            "ALTER POLICY select_backup ON retail.orders USING (store_id < 8)",
            "ALTER POLICY select_backup ON retail.orders USING (true)",
            "policies may keep rows.*retail.orders",
        ),
        (
            "ALTER POLICY select_backup ON retail.orders TO zava_jobs",
            "ALTER POLICY select_backup ON retail.orders TO zava_backup",
            "policies may keep rows.*retail.orders",
        ),
        (NARROW, "DROP POLICY narrow ON retail.orders", "policies may keep rows.*retail.orders"),
        (
            "ALTER TABLE access.principals ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE access.principals DISABLE ROW LEVEL SECURITY",
            "policies may keep rows.*access.principals",
        ),
        ("CREATE TABLE retail.notes (note text)", "DROP TABLE retail.notes", "nobody has decided.*retail.notes"),
        (UNCOUNTED, "DELETE FROM retail.orders WHERE order_id = 9000001; " + UNCOUNTED.replace(ORDER, "SELECT"), ""),
    ],
)
def test_no_backup_is_made_that_may_lack_rows(
    database: Database, store: BlobStore, change: str, undo: str, why: str
) -> None:
    with changed(database, change, undo), pytest.raises(BackupFailed, match=why or "triggers have counted"):
        back_up(database, store)
    assert newest_complete(store, KEYS) is None


def test_counts_follow_every_way_of_writing(database: Database, store: BlobStore) -> None:
    """One statement of each kind, one that is rolled back, and TRUNCATE."""
    run(
        database,
        f"""
        {ORDER};
        INSERT INTO retail.orders VALUES (9000001, 2, 7, '2026-01-02')
            ON CONFLICT (store_id, order_id) DO UPDATE SET customer_id = 2;
        MERGE INTO retail.orders AS known USING (VALUES (9000001), (9000002)) AS new (number)
            ON known.order_id = new.number AND known.store_id = 7
            WHEN MATCHED THEN DELETE
            WHEN NOT MATCHED THEN
                INSERT (order_id, customer_id, store_id, order_date) VALUES (number, 1, 7, '2026-01-02');
        INSERT INTO retail.product_description_embeddings (product_id, description_embedding)
            SELECT product_id, array_fill(0.5::real, ARRAY[1536])::extensions.vector
            FROM retail.products ORDER BY 1 DESC LIMIT 3;
        """,
    )
    run(database, "BEGIN; DELETE FROM retail.inventory; ROLLBACK")
    run(database, "TRUNCATE retail.order_items; UPDATE retail.inventory SET stock_level = 3 WHERE store_id = 7")
    with database.as_superuser() as superuser:
        counted = dict(superuser.execute("SELECT table_name, sum(rows) FROM ops.row_changes GROUP BY 1").fetchall())
    real = {name: rows for name, (rows, _) in contents(database).items() if name.startswith("retail.")}
    assert {name: counted.get(name, 0) for name in real} == real
    assert back_up(database, store) is not None
    with database.as_superuser() as superuser:
        assert superuser.execute(
            "SELECT max(count) FROM (SELECT count(*) FROM ops.row_changes GROUP BY table_name)"
        ).fetchone() == (1,)


def test_what_is_rolled_back_or_not_yet_committed_is_in_neither_count(source: Database, store: BlobStore) -> None:
    with psycopg.connect(source.owner_url) as writer:
        writer.execute(ORDER.encode())
        made = back_up(source, store)
        writer.rollback()
    assert made is not None
    assert {table.name: table.rows for table in made.tables}["retail.orders"] == contents(source)["retail.orders"][0]


def test_one_run_at_a_time_and_a_silent_one_is_taken_over(source: Database, store: BlobStore) -> None:
    with psycopg.connect(source.backup_url, autocommit=True, options="-c default_transaction_read_only=off") as other:
        with Lease(other).held() as taken:
            assert taken
            assert back_up(source, store) is None
        assert back_up(source, store) is not None


def test_who_has_lost_the_lease_leaves_no_backup(source: Database, store: BlobStore) -> None:
    """As a run that slept through its lease, while another instance took over."""

    def take_over(table: str, done: int) -> None:
        run(source, "UPDATE ops.backup_lease SET holder = gen_random_uuid(), held_until = now() + interval '1 minute'")

    try:
        with pytest.raises(BackupFailed, match="another run has taken over"):
            back_up_full(source.backup_url, None, store, KEYS, show=take_over)
    finally:
        run(source, "DELETE FROM ops.backup_lease")
    assert newest_complete(store, KEYS) is None


def test_a_timer_that_fires_twice_makes_one_backup(source: Database, store: BlobStore) -> None:
    hour = timedelta(hours=1)
    first = back_up(source, store, unless_younger_than=hour)
    assert first is not None
    assert back_up(source, store, unless_younger_than=hour) is None
    assert [each.id for each in listed_backups(store, KEYS)] == [first.id]
    assert back_up(source, store) is not None


def test_runs_that_overlap_make_one_backup(source: Database, store: BlobStore) -> None:
    made: list[Manifest | None] = []
    runs = [
        threading.Thread(target=lambda: made.append(back_up(source, store, unless_younger_than=timedelta(hours=1))))
        for _ in range(4)
    ]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert len(made) == 4
    assert len([each for each in made if each]) == 1


def test_fifty_kills_leave_whole_backups_or_none(source: Database, folder: Path, store: BlobStore) -> None:
    """At any moment of a run: what can be taken for a backup is one, to the last byte."""
    key = b"k" * 32
    command = [sys.executable, "-m", "tests.backups.nursery", source.backup_url, source.owner_url, folder.as_uri()]
    dice = random.Random(50)
    with subprocess.Popen(
        [*command, key.hex()], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as nursery:
        assert nursery.stdin
        assert nursery.stdout
        whole_run = _seconds_of_a_run(source, store, key)
        for _ in range(50):
            print("backup", file=nursery.stdin, flush=True)
            child = int(nursery.stdout.readline())
            time.sleep(dice.uniform(0, whole_run))
            _kill(child)
            _wait_for_the_connections_to_end(source)
            run(source, "DELETE FROM ops.backup_lease")  # five minutes later
        nursery.stdin.close()
    listed = list(listed_backups(store, {"key-1": key}))
    killed = [each for each in listed if each.manifest is None]
    assert len(killed) > 10
    assert {each.problem for each in killed} == {"has no manifest: its run did not end, or has not yet"}
    for each in listed:
        if each.manifest:
            check_backup(store, {"key-1": key}, each.id)
    assert contents(source)["retail.orders"][0] > 0


def _seconds_of_a_run(database: Database, store: BlobStore, key: bytes) -> float:
    began = time.monotonic()
    assert back_up_full(database.backup_url, None, store, {"key-1": key})
    return time.monotonic() - began


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):  # it has ended by itself
        os.kill(process, signal.SIGKILL)


def _wait_for_the_connections_to_end(database: Database) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name = 'zava-backup'"
    with database.as_superuser() as superuser:
        while superuser.execute(query, (database.name,)).fetchone() != (0,):
            superuser.execute("SELECT pg_sleep(0.01)")


def test_ids_of_one_second_sort_by_time() -> None:
    began = datetime(2026, 11, 23, 6, tzinfo=UTC)
    ids = [new_id(began + timedelta(microseconds=each)) for each in (0, 1, 15, 16, 99_999, 999_999)]
    assert ids == sorted(ids)
    assert all(map(is_id, ids))
