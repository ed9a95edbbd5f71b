"""A backup counts when it has been restored and compared."""

import threading
import zlib
from pathlib import Path

import psycopg
import pytest

from shared.backups.blob_store import BlobStore, open_blob_store
from shared.backups.full import back_up_full
from shared.backups.manifest import Manifest
from shared.backups.restore import restore_backup
from shared.backups.selection import IN_BACKUP, LEFT_OUT
from shared.errors import BackupRefused
from tests.backups.conftest import FEWER_ROWS, KEYS, contents, run
from tests.conftest import Database, MakeDatabase

type Kept = tuple[Path, Manifest]


def test_every_row_comes_back_as_it_was(source: Database, target: Database, kept: Kept) -> None:
    path, made = kept
    restore_backup(target.owner_url, None, open_blob_store(path.as_uri()), KEYS, made.id)
    before = contents(source)
    assert contents(target) == before
    assert all(rows for rows, _ in before.values())
    assert {table.name: table.rows for table in made.tables} == {name: rows for name, (rows, _) in before.items()}


def test_what_is_derived_follows_and_numbers_go_on(source: Database, target: Database, kept: Kept) -> None:
    path, made = kept
    restore_backup(target.owner_url, None, open_blob_store(path.as_uri()), KEYS, made.id)
    for query in (
        "SELECT array_agg(each ORDER BY each::text) FROM access.visits AS each",
        "SELECT array_agg(each ORDER BY each::text) FROM access.visibility AS each",
        "SELECT array_agg(relname || relforcerowsecurity ORDER BY relname) FROM pg_class WHERE relrowsecurity",
        "SELECT array_agg(format('%s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)"
        " ORDER BY conrelid::regclass::text, conname) FROM pg_constraint WHERE contype = 'f'",
        "SELECT nextval('retail.orders_order_id_seq') > (SELECT max(order_id) FROM retail.orders)",
        "SELECT nextval('retail.customers_customer_id_seq')",
        "SELECT array_agg(each::text ORDER BY each::text) FROM"
        " (SELECT table_name, sum(rows) FROM ops.row_changes GROUP BY 1) AS each",
    ):
        found = []
        for database in (source, target):
            with database.as_superuser() as superuser:
                found.append(superuser.execute(query.encode()).fetchone())
        assert found[0] == found[1], query
        assert found[0] != (None,)


def test_each_part_is_a_gzip_file_that_copy_reads(source: Database, kept: Kept) -> None:
    path, made = kept
    [table] = [table for table in made.tables if table.name == "retail.orders"]
    raw = b"".join(zlib.decompress((path / made.id / part.name).read_bytes(), wbits=31) for part in table.parts)
    first = raw.splitlines()[0].decode().split("\t")
    with source.as_superuser() as superuser:
        query = "SELECT store_id::text, order_id::text, customer_id::text, order_date::text FROM retail.orders"
        assert tuple(first) in superuser.execute(query).fetchall()
    assert table.columns == ("store_id", "order_id", "customer_id", "order_date")


def test_rows_that_are_there_are_kept_unless_they_may_go(source: Database, target: Database, kept: Kept) -> None:
    path, made = kept
    run(target, "INSERT INTO retail.categories (category_name) VALUES ('mine')")
    before = contents(target)
    with pytest.raises(BackupRefused, match="retail.categories has rows"):
        restore_backup(target.owner_url, None, open_blob_store(path.as_uri()), KEYS, made.id)
    assert contents(target) == before
    restore_backup(target.owner_url, None, open_blob_store(path.as_uri()), KEYS, made.id, overwrite=True)
    assert contents(target) == contents(source)


@pytest.mark.parametrize(
    ("change", "undo", "why"),
    [
        (
            "INSERT INTO ops.migrations (name, checksum) VALUES ('9999_next.sql', 'x')",
            "DELETE FROM ops.migrations WHERE name = '9999_next.sql'",
            "other migrations",
        ),
        (
            "ALTER TABLE retail.orders ADD COLUMN note text",
            "ALTER TABLE retail.orders DROP COLUMN note",
            "other columns",
        ),
        ("CREATE TABLE retail.notes (note text)", "DROP TABLE retail.notes", "nobody has decided.*retail.notes"),
    ],
)
def test_a_database_of_another_release_is_left_alone(
    target: Database, kept: Kept, change: str, undo: str, why: str
) -> None:
    path, made = kept
    run(target, change)
    try:
        with pytest.raises(Exception, match=why):
            restore_backup(target.owner_url, None, open_blob_store(path.as_uri()), KEYS, made.id)
        assert contents(target)["retail.orders"][0] == 0
    finally:
        run(target, undo)


def test_a_policy_that_hides_restored_rows_from_the_comparison_is_found(target: Database, kept: Kept) -> None:
    path, made = kept
    run(target, "CREATE POLICY narrow ON retail.orders AS RESTRICTIVE TO zava_owner USING (store_id <> 7)")
    try:
        with pytest.raises(BackupRefused, match="retail.orders"):
            restore_backup(target.owner_url, None, open_blob_store(path.as_uri()), KEYS, made.id)
        assert contents(target)["retail.orders"][0] == 0
    finally:
        run(target, "DROP POLICY narrow ON retail.orders")


def test_rows_that_change_on_their_way_in_are_found(target: Database, kept: Kept) -> None:
    path, made = kept
    run(
        target,
        "CREATE FUNCTION retail.less() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.stock_level := 0; RETURN NEW; END';"
        " CREATE TRIGGER less BEFORE INSERT ON retail.inventory FOR EACH ROW EXECUTE FUNCTION retail.less()",
    )
    try:
        with pytest.raises(BackupRefused, match="retail.inventory has other rows"):
            restore_backup(target.owner_url, None, open_blob_store(path.as_uri()), KEYS, made.id)
        assert {rows for name, (rows, _) in contents(target).items() if name != "ops.audit_chain"} == {0}
    finally:
        run(target, "DROP FUNCTION retail.less() CASCADE")


def test_a_backup_is_of_one_moment_while_others_write(
    make_database: MakeDatabase, target: Database, store: BlobStore
) -> None:
    """Writers move stock from one store to another and write orders with their lines: no backup sees the half of it."""
    written = make_database()
    run(written, FEWER_ROWS)
    run(written, "UPDATE retail.inventory SET stock_level = 1000000 WHERE product_id = 1")
    stop = threading.Event()
    writers = [threading.Thread(target=_write, args=(written, store_id, stop)) for store_id in (1, 2, 3)]
    for writer in writers:
        writer.start()
    try:
        made = back_up_full(written.backup_url, None, store, KEYS)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert made is not None
    restore_backup(target.owner_url, None, store, KEYS, made.id)
    with target.as_superuser() as superuser:
        moved = superuser.execute("SELECT sum(stock_level) FROM retail.inventory WHERE product_id = 1").fetchone()
        halves = superuser.execute(
            "SELECT count(*) FROM retail.orders AS bought WHERE order_id >= 9000000 AND (SELECT count(*)"
            " FROM retail.order_items AS line WHERE line.order_id = bought.order_id"
            " AND line.store_id = bought.store_id) <> 2"
        ).fetchone()
    with written.as_superuser() as superuser:
        expected = superuser.execute("SELECT sum(stock_level) FROM retail.inventory WHERE product_id = 1").fetchone()
    assert moved == expected
    assert halves == (0,)


def _write(database: Database, store_id: int, stop: threading.Event) -> None:
    with psycopg.connect(database.owner_url) as connection:
        number = 9_000_000 + store_id * 100_000
        while not stop.is_set():
            number += 1
            with connection.transaction():
                connection.execute(
                    "INSERT INTO retail.orders (order_id, customer_id, store_id, order_date)"
                    " VALUES (%s, 1, %s, '2026-01-02')",
                    (number, store_id),
                )
                for line in (1, 2):
                    connection.execute(
                        "INSERT INTO retail.order_items"
                        " (order_item_id, order_id, store_id, product_id, quantity, unit_price, total_amount)"
                        " VALUES (%s, %s, %s, 1, 1, 1, 1)",
                        (number * 10 + line, number, store_id),
                    )
                for change, where in ((-1, store_id), (1, store_id + 1)):
                    connection.execute(
                        "UPDATE retail.inventory SET stock_level = stock_level + %s"
                        " WHERE product_id = 1 AND store_id = %s",
                        (change, where),
                    )


def test_each_table_of_the_database_is_in_backups_or_left_out_for_a_reason(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        query = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('retail', 'access', 'ops')"
        assert {name for (name,) in superuser.execute(query).fetchall()} == IN_BACKUP | LEFT_OUT.keys()
    assert "access.signing_keys" in LEFT_OUT
    assert not IN_BACKUP & LEFT_OUT.keys()
