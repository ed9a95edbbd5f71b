"""A full backup and those behind it give back, each, exactly the rows of the moment that it names."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from os import kill
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from shared.backups.blob_store import BlobStore, open_blob_store
from shared.backups.chain import read_chain
from shared.backups.changes import Changes
from shared.backups.connection import connected
from shared.backups.full import back_up_full
from shared.backups.incremental import back_up_incremental
from shared.backups.listing import listed_backups, newest_complete
from shared.backups.manifest import Manifest, write_manifest
from shared.backups.restore import check_backup, restore_backup
from shared.backups.selection import IN_BACKUP
from shared.backups.snapshot import open_snapshot
from shared.errors import BackupRefused
from tests.backups.conftest import EDGES, KEYS, contents, run
from tests.backups.history import contents_at, watch
from tests.conftest import REPOSITORY, Database, MakeDatabase

FEW_ROWS = """
DROP INDEX retail.product_description_embeddings_by_distance;
CREATE TEMP TABLE kept_orders AS SELECT * FROM retail.orders WHERE order_id % 1000 = 0;
CREATE TEMP TABLE kept_items AS SELECT * FROM retail.order_items WHERE order_id % 1000 = 0;
CREATE TEMP TABLE kept_customers AS
    SELECT * FROM retail.customers WHERE customer_id <= 100 OR customer_id IN (SELECT customer_id FROM kept_orders);
TRUNCATE retail.customers, retail.orders, retail.order_items;
INSERT INTO retail.customers SELECT * FROM kept_customers;
INSERT INTO retail.orders SELECT * FROM kept_orders;
INSERT INTO retail.order_items SELECT * FROM kept_items;
"""
ODD = "a\ttab, a line\nend, \\N, \\. and \r"
"""Of a key in which COPY's text has more signs than the value."""

type Chain = tuple[Path, list[Manifest]]


def few_rows(make_database: MakeDatabase) -> Database:
    made = make_database()
    run(made, FEW_ROWS)
    run(made, EDGES)
    return made


@pytest.fixture(scope="module")
def changing(make_database: MakeDatabase) -> Database:
    """Two hundred orders and a row in each table. Tests write it, and say what they expect of it before and behind."""
    return few_rows(make_database)


def full(database: Database, store: BlobStore) -> Manifest:
    made = back_up_full(database.backup_url, None, store, KEYS)
    assert made is not None
    return made


def increment(database: Database, store: BlobStore, **more: Any) -> Manifest:
    """An incremental backup, with nothing told."""
    told: list[str] = []
    made = back_up_incremental(database.backup_url, None, store, KEYS, tell=told.append, **more)
    assert made is not None
    assert not told
    assert made.kind == "incremental"
    return made


def restored(target: Database, store: BlobStore, backup_id: str) -> dict[str, tuple[int, str]]:
    restore_backup(target.owner_url, None, store, KEYS, backup_id, overwrite=True)
    return contents(target)


class Writer:
    """One connection that writes without a pause, at random, in keys of its own. `written` counts its transactions."""

    def __init__(self, database: Database, number: int) -> None:
        self._url = database.owner_url
        self._number = number
        self._dice = random.Random(number)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.written = 0
        self.problem: Exception | None = None

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        try:
            with psycopg.connect(self._url) as connection:
                while not self._stop.is_set():
                    # Some wait for each other: what is rolled back is in no backup.
                    with suppress(psycopg.errors.DeadlockDetected), connection.transaction():
                        for _ in range(self._dice.randint(1, 3)):
                            query, values = self._change()
                            connection.execute(query.encode(), values)
                    self.written += 1
        except Exception as problem:  # for the thread of the test
            self.problem = problem

    def _change(self) -> tuple[str, dict[str, object]]:
        values: dict[str, object] = {
            "store": self._number,
            "order": 8_000_000 + self._number * 1000 + self._dice.randrange(30),
            "other": 8_000_000 + self._number * 1000 + self._dice.randrange(30),
            "customer": self._number * 20 + self._dice.randrange(10),
            "text": f"{ODD}{self._dice.randrange(6)}{self._number}",
            "number": self._dice.randrange(1000),
        }
        return self._dice.choice(CHANGES), values


CHANGES = (
    # Orders and lines whose keys come, go, come again and change.
    "INSERT INTO retail.orders (order_id, customer_id, store_id, order_date)"
    " VALUES (%(order)s, %(customer)s, %(store)s, '2026-01-02')"
    " ON CONFLICT (store_id, order_id) DO UPDATE SET order_date = '2026-01-03'",
    "INSERT INTO retail.order_items (order_item_id, order_id, store_id, product_id, quantity, unit_price, total_amount)"
    " SELECT order_id, order_id, store_id, 1, 1, %(number)s, 1 FROM retail.orders"
    " WHERE store_id = %(store)s AND order_id = %(order)s ON CONFLICT DO NOTHING",
    "DELETE FROM retail.order_items WHERE store_id = %(store)s AND order_id = %(order)s",
    "DELETE FROM retail.orders AS bought WHERE store_id = %(store)s AND order_id = %(order)s AND NOT EXISTS"
    " (SELECT FROM retail.order_items AS line"
    " WHERE line.store_id = bought.store_id AND line.order_id = bought.order_id)",
    "UPDATE retail.order_items SET order_item_id = %(other)s WHERE store_id = %(store)s AND order_item_id = %(order)s"
    " AND NOT EXISTS (SELECT FROM retail.order_items WHERE store_id = %(store)s AND order_item_id = %(other)s)",
    # Columns that are in no key.
    "UPDATE retail.inventory SET stock_level = %(number)s WHERE store_id = %(store)s AND product_id < %(number)s / 9",
    "UPDATE retail.customers SET phone = %(text)s WHERE customer_id = %(customer)s",
    # Keys of text, a key that is a generated column's source, a cascade, and the trail.
    "INSERT INTO access.revocations (kind, subject) VALUES ('client', %(text)s) ON CONFLICT (kind, subject) DO UPDATE"
    " SET revoked_at = clock_timestamp()",
    "DELETE FROM access.revocations WHERE subject = %(text)s",
    "INSERT INTO access.principals (tenant_id, object_id, display_name, role) VALUES (md5(%(text)s)::uuid,"
    " md5(%(text)s)::uuid, 'x', 'store_manager') ON CONFLICT (tenant_id, object_id) DO UPDATE SET display_name = 'y'",
    "INSERT INTO access.store_grants (principal_id, store_id) SELECT principal_id, %(store)s FROM access.principals"
    " WHERE object_id = md5(%(text)s)::uuid ON CONFLICT DO NOTHING",
    "DELETE FROM access.principals WHERE object_id = md5(%(text)s)::uuid",
    "INSERT INTO retail.product_description_embeddings (product_id, description_embedding, model)"
    " VALUES (%(store)s, array_fill(0.5::real, ARRAY[1536])::extensions.vector, %(text)s) ON CONFLICT DO NOTHING",
    "SELECT ops.append_audit(jsonb_build_array(jsonb_build_object('instance_id', md5(%(text)s)::uuid,"
    " 'number', %(number)s, 'began_at', '2026-01-02T03:04:05Z', 'method', 'tools/call', 'outcome', 'OK',"
    " 'calls', 1, 'rows', 2, 'bytes', 3)))",
)


def wait_for_writes(writers: list[Writer]) -> None:
    """Each of them has committed some more."""
    wanted = [writer.written + 5 for writer in writers]
    deadline = time.monotonic() + 60
    while any(writer.written < least for writer, least in zip(writers, wanted, strict=True)):
        if problem := next((writer.problem for writer in writers if writer.problem), None):
            raise problem
        assert time.monotonic() < deadline
        time.sleep(0.005)


@contextmanager
def held_open(database: Database, number: int) -> Iterator[None]:
    """A transaction that begins before the block, writes before and in it, and commits behind it."""
    with psycopg.connect(database.owner_url) as slow:
        slow.execute("INSERT INTO retail.categories (category_name) VALUES (%s)", (f"slow {number}",))
        slow.execute("UPDATE retail.customers SET first_name = %s WHERE customer_id = %s", (f"slow {number}", number))
        slow.execute("SAVEPOINT a")
        slow.execute("DELETE FROM retail.categories WHERE category_name LIKE 'slow%'")
        slow.execute("ROLLBACK TO a")
        yield
        slow.execute("UPDATE retail.products SET cost = cost + 1 WHERE product_id = %s", (number,))
        slow.commit()


def test_five_behind_a_full_one_are_each_as_their_snapshot_while_others_write(
    make_database: MakeDatabase, target: Database, store: BlobStore
) -> None:
    database = few_rows(make_database)
    watch(database)
    writers = [Writer(database, number) for number in (1, 2, 3)]
    made: list[Manifest] = []
    with ExitStack() as stack:
        for writer in writers:
            stack.enter_context(writer)
        wait_for_writes(writers)
        with held_open(database, 90):
            made.append(full(database, store))
        for number in range(5):
            wait_for_writes(writers)
            if number == 2:
                run(database, "TRUNCATE retail.product_description_embeddings")
            with held_open(database, 91 + number):
                made.append(increment(database, store))
        wait_for_writes(writers)
    assert [each.base for each in made] == [None, *(each.id for each in made[:-1])]
    expected = [contents_at(database, each.snapshot) for each in made]
    assert len({tuple(each.items()) for each in expected}) == 6
    assert len({each["retail.order_items"] for each in expected}) > 1
    for each, rows in zip(made, expected, strict=True):
        assert restored(target, store, each.id) == rows
        assert {table.name: table.total for table in each.tables} == {name: count for name, (count, _) in rows.items()}
    assert contents(database) != expected[-1]
    assert increment(database, store).base == made[-1].id
    newest = newest_complete(store, KEYS)
    assert newest is not None
    assert restored(target, store, newest.id) == contents(database)


def test_nothing_to_do_is_a_small_backup(changing: Database, target: Database, store: BlobStore) -> None:
    first = full(changing, store)
    made = increment(changing, store)
    assert (made.stored_bytes, made.rows, made.base) == (0, first.rows, first.id)
    assert restored(target, store, made.id) == contents(changing)


def test_what_is_only_inserted_needs_no_memory_at_a_restore(changing: Database, store: BlobStore) -> None:
    full(changing, store)
    run(changing, "INSERT INTO retail.categories (category_name) SELECT 'new ' || n FROM generate_series(1, 50) AS n")
    table = increment(changing, store).table("retail.categories")
    assert table.gone is not None
    assert (table.rows, table.gone.rows) == (50, 0)
    run(changing, "DELETE FROM retail.categories WHERE category_name LIKE 'new %'")
    table = increment(changing, store).table("retail.categories")
    assert table.gone is not None
    assert (table.rows, table.gone.rows) == (0, 50)


def test_a_statement_that_writes_very_many_rows_brings_the_whole_table(
    changing: Database, target: Database, store: BlobStore
) -> None:
    full(changing, store)
    many = "SELECT 'client', 'many ' || n FROM generate_series(1, 100001) AS n"
    run(changing, f"INSERT INTO access.revocations (kind, subject) {many}")
    made = increment(changing, store)
    run(changing, "DELETE FROM access.revocations WHERE subject LIKE 'many %'")
    assert made.table("access.revocations").gone is None
    assert made.table("retail.orders").parts == ()
    assert made.table("access.revocations").rows == 100_002
    assert check_backup(store, KEYS, made.id) == made
    after = increment(changing, store)
    assert restored(target, store, after.id) == contents(changing)


def test_a_restored_database_begins_anew_and_an_earlier_one_goes_on_where_it_was(
    changing: Database, target: Database, store: BlobStore
) -> None:
    """ops.last_backup is a row as any other: a database that was set back to an earlier time builds on its own past."""
    first = full(changing, store)
    before = "UPDATE ops.last_backup SET (id, snapshot, taken_at) = ROW (%s, %s::pg_snapshot, %s)"
    run(changing, "UPDATE retail.customers SET phone = 'before' WHERE customer_id = 5")
    lost = increment(changing, store)
    assert lost.base == first.id
    restored(target, store, lost.id)
    told: list[str] = []
    again = back_up_incremental(target.backup_url, None, store, KEYS, tell=told.append)
    assert again is not None
    assert again.kind == "full"
    assert told == ["a full backup in place of an incremental one: the database has no backup yet"]
    with changing.as_superuser() as superuser:
        superuser.execute(before, (first.id, first.snapshot, first.taken_at))
        # What a restore to that time would bring back as well: changes since are not yet folded.
        superuser.execute("UPDATE ops.row_changes SET xid = pg_current_xact_id() WHERE table_name = 'retail.customers'")
    other = increment(changing, store)
    assert other.base == first.id
    assert restored(target, store, other.id) == contents(changing)


SWITCHED_OFF = (
    "ALTER TABLE retail.customers DISABLE TRIGGER record_changes_updated;"
    "UPDATE retail.customers SET phone = 'unseen' WHERE customer_id = 3;"
    "ALTER TABLE retail.customers ENABLE ALWAYS TRIGGER record_changes_updated"
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("DELETE FROM ops.last_backup", "the database has no backup yet"),
        ("UPDATE ops.last_backup SET id = '20260101T000000Z-00000000'", "the last one does not hold: .* is missing"),
        ("UPDATE ops.last_backup SET snapshot = '3:3:'", "is of another moment"),
        (SWITCHED_OFF, "triggers were made anew or switched off"),
        ("ALTER TABLE retail.customers DISABLE TRIGGER record_changes_updated", "triggers were made anew"),
        ("DELETE FROM ops.migrations WHERE name = '9999_later.sql'", "another schema"),
        ("UPDATE retail.inventory SET stock_level = 1 WHERE product_id = 1", "more than 7 rows were changed"),
    ],
)
def test_a_full_one_is_made_where_there_is_nothing_to_build_on(
    changing: Database, store: BlobStore, change: str, why: str
) -> None:
    run(changing, "INSERT INTO ops.migrations (name, checksum) VALUES ('9999_later.sql', 'x')")
    try:
        full(changing, store)
        if "9999" not in change:
            run(changing, "DELETE FROM ops.migrations WHERE name = '9999_later.sql'")
            full(changing, store)
        run(changing, change)
        told: list[str] = []
        made = back_up_incremental(changing.backup_url, None, store, KEYS, tell=told.append, most_keys=7)
    finally:
        run(changing, "DELETE FROM ops.migrations WHERE name = '9999_later.sql'")
        run(changing, "ALTER TABLE retail.customers ENABLE ALWAYS TRIGGER record_changes_updated")
    assert made is not None
    assert (made.kind, len(told)) == ("full", 1)
    assert re.search(why, told[0])
    assert check_backup(store, KEYS, made.id) == made


@pytest.fixture(scope="module")
def kept_chain(changing: Database, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """A folder with a full backup and two behind it, to be copied by who changes it, and another full one."""
    path = tmp_path_factory.mktemp("chain")
    store = open_blob_store(path.as_uri())
    made = [full(changing, store)]
    for number in (1, 2):
        run(changing, f"UPDATE retail.customers SET phone = 'chain {number}' WHERE customer_id <= 50")
        run(changing, "DELETE FROM retail.order_items WHERE order_item_id IN (SELECT max(order_item_id)"
            " FROM retail.order_items)")  # fmt: skip
        made.append(increment(changing, store))
    made.append(full(changing, store))
    return path, made


@pytest.fixture
def copy(kept_chain: Chain, folder: Path) -> Path:
    shutil.copytree(kept_chain[0], folder)
    return folder


def refused(store: BlobStore, backup_id: str) -> str:
    with pytest.raises(BackupRefused) as refusal:
        check_backup(store, KEYS, backup_id)
    return str(refusal.value)


def test_a_changed_byte_a_cut_and_a_missing_blob_of_any_link_are_found(
    copy: Path, store: BlobStore, kept_chain: Chain
) -> None:
    links = kept_chain[1][:3]
    newest = links[-1]
    assert check_backup(store, KEYS, newest.id) == newest
    dice = random.Random(3)
    for link in links:
        blobs = [path for path in sorted((copy / link.id).rglob("*")) if path.is_file()]
        assert len(blobs) >= 4
        for path in [*blobs, *dice.choices(blobs, k=10), copy / link.id / "manifest.json"]:
            before = path.read_bytes()
            changed = bytearray(before)
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
            path.write_bytes(changed)
            assert refused(store, newest.id)
            path.write_bytes(before[: dice.randrange(len(before))])
            assert refused(store, newest.id)
            path.unlink()
            assert "is missing" in refused(store, newest.id)
            path.write_bytes(before)
    assert check_backup(store, KEYS, newest.id) == newest


def test_parts_and_manifests_in_each_others_place_are_found(copy: Path, store: BlobStore, kept_chain: Chain) -> None:
    first, second, third, _ = kept_chain[1]
    part = "retail.customers/000001.copy.gz"
    keys = "retail.customers.gone/000001.copy.gz"
    for one, other in (
        (f"{second.id}/{part}", f"{third.id}/{part}"),
        (f"{second.id}/{part}", f"{first.id}/{part}"),
        (f"{third.id}/{part}", f"{third.id}/{keys}"),
        (f"{second.id}/manifest.json", f"{first.id}/manifest.json"),
        (f"{second.id}/manifest.json", f"{third.id}/manifest.json"),
    ):
        aside = (copy / one).read_bytes()
        shutil.copy(copy / other, copy / one)
        (copy / other).write_bytes(aside)
        if (copy / one).read_bytes() != aside:
            assert refused(store, third.id)
        (copy / other).write_bytes((copy / one).read_bytes())
        (copy / one).write_bytes(aside)


def test_a_link_of_another_chain_a_skipped_one_and_a_circle_are_refused(
    copy: Path, store: BlobStore, kept_chain: Chain
) -> None:
    """With signatures that hold, as by a mistake of our own."""
    first, second, third, other = kept_chain[1]
    circle = {"kind": "incremental", "base": third.id, "since": third.snapshot}
    for link, wrong, why in (
        (third, {"base": first.id}, "does not go on where"),
        (third, {"base": other.id}, "does not go on where"),
        (second, {"since": third.snapshot}, "does not go on where"),
        (second, {"migrations": {}}, "different releases"),
        (first, circle, "builds on backups without an end"),
        (second, circle, "builds on backups without an end"),
    ):
        write_manifest(store, link.model_copy(update=wrong), KEYS)
        assert re.search(why, refused(store, third.id))
        write_manifest(store, link, KEYS)
    assert [link.id for link in read_chain(store, KEYS, third.id)] == [third.id, second.id, first.id]


def _no_base(said: dict[str, Any]) -> None:
    said |= {"base": None}


def _nothing_gone(said: dict[str, Any]) -> None:
    for table in said["tables"]:
        table["gone"] = table["gone"] | {"rows": 0, "parts": []}


def _another_kind(said: dict[str, Any]) -> None:
    said |= {"kind": "full", "base": None, "since": None}


@pytest.mark.parametrize("forge", [_no_base, _nothing_gone, _another_kind])
def test_a_forged_manifest_of_a_link_is_found(
    copy: Path, store: BlobStore, kept_chain: Chain, forge: Callable[[dict[str, Any]], None]
) -> None:
    _, second, third, _ = kept_chain[1]
    path = copy / second.id / "manifest.json"
    body, _, signature = path.read_bytes().removesuffix(b"\n").rpartition(b"\n")
    said = json.loads(body)
    forge(said)
    path.write_bytes(json.dumps(said).encode() + b"\n" + signature + b"\n")
    assert "no signature that holds" in refused(store, third.id)


def test_rows_that_no_trigger_saw_go_are_missed_at_a_restore_by_their_number(
    changing: Database, target: Database, store: BlobStore
) -> None:
    full(changing, store)
    run(changing, "UPDATE ops.row_changes SET rows = rows + 1 WHERE table_name = 'retail.inventory'")
    made = increment(changing, store)
    run(changing, "UPDATE ops.row_changes SET rows = rows - 1 WHERE table_name = 'retail.inventory'")
    assert "retail.inventory comes to 3392 rows, and had 3393" in refused(store, made.id)
    with pytest.raises(BackupRefused, match="retail.inventory"):
        restore_backup(target.owner_url, None, store, KEYS, made.id, overwrite=True)


def test_kills_leave_whole_backups_or_none_and_the_chain_goes_on(
    changing: Database, target: Database, folder: Path, store: BlobStore
) -> None:
    keys = {"key-1": b"k" * 32}
    assert back_up_full(changing.backup_url, None, store, keys)
    command = [sys.executable, "-m", "tests.backups.nursery", changing.backup_url, changing.owner_url, folder.as_uri()]
    dice = random.Random(20)
    with subprocess.Popen(
        [*command, keys["key-1"].hex()], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as nursery:
        assert nursery.stdin
        assert nursery.stdout
        whole_run = 0.0
        for number in range(21):
            run(changing, f"UPDATE retail.customers SET phone = 'kill {number}' WHERE customer_id <= {number + 1}")
            run(changing, f"INSERT INTO retail.categories (category_name) VALUES ('kill {number}')")
            print("incremental", file=nursery.stdin, flush=True)
            child = int(nursery.stdout.readline())
            began = time.monotonic()
            with suppress(ProcessLookupError):  # it has ended
                if whole_run:
                    time.sleep(dice.uniform(0, whole_run))
                    kill(child, signal.SIGKILL)
                while True:
                    kill(child, 0)
                    time.sleep(0.001)
            whole_run = whole_run or time.monotonic() - began
            _wait_for_the_end(changing)
            run(changing, "DELETE FROM ops.backup_lease")  # five minutes later
        nursery.stdin.close()
    told: list[str] = []
    last = back_up_incremental(changing.backup_url, None, store, keys, tell=told.append)
    assert last is not None
    assert not told
    manifests = [each.manifest for each in listed_backups(store, keys) if each.manifest]
    assert 3 <= len(manifests) < 20
    for each in manifests:
        check_backup(store, keys, each.id)
    restore_backup(target.owner_url, None, store, keys, last.id, overwrite=True)
    assert contents(target) == contents(changing)


def _wait_for_the_end(database: Database) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name = 'zava-backup'"
    with database.as_superuser() as superuser:
        while superuser.execute(query, (database.name,)).fetchone() != (0,):
            superuser.execute("SELECT pg_sleep(0.01)")


def test_who_does_not_hold_the_lease_notes_nothing(changing: Database, store: BlobStore) -> None:
    made = full(changing, store)
    with psycopg.connect(changing.backup_url, options="-c default_transaction_read_only=off") as stranger:
        noted = "SELECT ops.note_backup(gen_random_uuid(), 'x', pg_current_snapshot(), now())"
        assert stranger.execute(noted.encode()).fetchone() == (False,)
    with changing.as_superuser() as superuser:
        assert superuser.execute("SELECT id FROM ops.last_backup").fetchone() == (made.id,)


def test_what_a_run_reads_grows_with_what_has_changed(database: Database) -> None:
    """By the blocks that its statements touch, of a table of some thousands."""
    with database.as_superuser() as superuser:
        superuser.execute("INSERT INTO ops.last_backup (id, snapshot, taken_at) VALUES ('x', '3:3:', now())")
        [(since, blocks)] = superuser.execute(
            "SELECT pg_current_snapshot()::text, pg_relation_size('retail.order_items') / 8192"
        ).fetchall()
        lines = "UPDATE retail.order_items SET quantity = 2 WHERE store_id = 7 AND order_item_id IN"
        lines += " (SELECT order_item_id FROM retail.order_items WHERE store_id = 7 LIMIT {})"
        superuser.execute(lines.format(10).encode())
        few = _blocks(database, since)
        superuser.execute(lines.format(300).encode())
        more = _blocks(database, since)
    assert blocks > 3000
    assert few < 150
    assert few < more < blocks


def _blocks(database: Database, since: str) -> int:
    touched = 0
    with connected(database.backup_url, None) as connection, open_snapshot(connection) as snapshot:
        changes = Changes(snapshot, since)
        assert list(changes.of) == ["retail.order_items"]
        for query in ("gone_keys", "changed_rows"):
            copied = changes.statement(query, "retail.order_items").as_string(connection)
            select = copied[copied.index("(") + 1 : copied.rindex(") TO STDOUT")]
            explained = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {select}".encode()).fetchone()
            assert explained is not None
            plan = explained[0][0]["Plan"]
            touched += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return touched


def test_each_table_says_a_key_that_is_unique_never_empty_and_stored(sample: Database) -> None:
    query = sql.SQL(
        "SELECT count(*) FROM pg_index WHERE indrelid = {table}::regclass AND indisunique AND indpred IS NULL"
        " AND indexprs IS NULL AND {key} = ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid"
        " AND attnum = ANY (indkey) AND attnotnull AND attgenerated = '' ORDER BY attname COLLATE \"C\")"
        " AND indnkeyatts = cardinality({key})"
    )
    with connected(sample.backup_url, None) as connection, open_snapshot(connection) as snapshot:
        assert snapshot.triggers
        for table in IN_BACKUP:
            key = snapshot.keys[table]
            assert snapshot.columns[table][: len(key)] == key
            listed = sql.SQL("{}::text[]").format(sql.Literal(sorted(key)))
            found = connection.execute(query.format(table=sql.Literal(table), key=listed)).fetchone()
            assert found == (1,), table
