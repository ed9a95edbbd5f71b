"""Tables are read on a connection of their own: the same rows of the same moment, from the same server, or an error."""

import os
import signal
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import errors

from local.certificate import self_signed
from shared.backups.blob_store import BlobStore
from shared.backups.connection import Connection, connected
from shared.backups.copy_out import copied
from shared.backups.full import back_up_full
from shared.backups.listing import newest_complete
from shared.backups.selection import IN_BACKUP
from shared.backups.snapshot import copy_statement, open_snapshot
from shared.backups.table_reader import CONNECTIONS, open_table_reader, queries_of_ranges
from tests.backups.conftest import KEYS
from tests.backups.tls_proxy import tls_proxy
from tests.conftest import Database
from tests.processes import eventually

ORDER = "INSERT INTO retail.orders (order_id, customer_id, store_id, order_date) VALUES (9000001, 1, 7, '2026-01-02')"
ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ~ %s"

READING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY %' ORDER BY pid"


WAITING = "SELECT pid FROM pg_locks WHERE relation = 'retail.order_items'::regclass AND NOT granted"


def blocks_of(connection: Connection, table: str) -> int:
    [(blocks,)] = connection.execute("SELECT pg_relation_size(%s) / 8192", (table,)).fetchall()
    return int(blocks)


def reading(database: Database) -> list[int]:
    """The servers' processes of connections that read, or did so last."""
    with database.as_superuser() as superuser:
        return [pid for (pid,) in superuser.execute(READING.encode()).fetchall()]


def test_rows_are_those_of_the_snapshot_to_the_byte(source: Database) -> None:
    with connected(source.backup_url, None) as connection, open_snapshot(connection) as snapshot:
        with psycopg.connect(source.owner_url) as writer:
            writer.execute(ORDER.encode())
        try:
            for table in sorted(IN_BACKUP):
                expected = copied(connection, copy_statement(table, snapshot.columns[table], "TO STDOUT"))
                assert b"".join(snapshot.rows(table)) == b"".join(expected), table
        finally:
            with psycopg.connect(source.owner_url) as writer:
                writer.execute("DELETE FROM retail.orders WHERE order_id = 9000001")


@pytest.mark.parametrize("range_blocks", [1, 7])
def test_rows_of_connections_that_take_turns_have_the_order_of_the_table(source: Database, range_blocks: int) -> None:
    with (
        connected(source.backup_url, None) as connection,
        open_snapshot(connection) as snapshot,
        open_table_reader(connection, range_blocks) as reader,
    ):
        for table in sorted(IN_BACKUP):
            expected = copied(connection, copy_statement(table, snapshot.columns[table], "TO STDOUT"))
            assert b"".join(reader.rows(table, snapshot.columns[table])) == b"".join(expected), table
        assert blocks_of(connection, "retail.order_items") > 2 * CONNECTIONS * range_blocks


def test_rows_come_whole_and_a_megabyte_at_a_time(source: Database) -> None:
    with (
        connected(source.backup_url, None) as connection,
        open_snapshot(connection) as snapshot,
        open_table_reader(connection, range_blocks=40) as reader,
    ):
        chunks = list(reader.rows("retail.order_items", snapshot.columns["retail.order_items"]))
    assert all(chunk.endswith(b"\n") for chunk in chunks)
    assert max(map(len, chunks)) < 2 << 20
    assert sum(len(chunk) < 1 << 20 for chunk in chunks) <= 2, "the last one of each range"


def test_no_block_is_read_for_another_range(source: Database) -> None:
    """Of a table that has many; policies do not come before."""
    with connected(source.backup_url, None) as connection, open_snapshot(connection) as snapshot:
        for query in queries_of_ranges("retail.order_items", snapshot.columns["retail.order_items"], 79, 10):
            plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {query}".encode()).fetchall())
            assert "Tid Range Scan" in plan, plan


def test_rows_behind_the_last_block_that_was_counted_are_read(source: Database) -> None:
    with connected(source.backup_url, None) as connection, open_snapshot(connection) as snapshot:
        queries = list(queries_of_ranges("retail.order_items", snapshot.columns["retail.order_items"], 0, 10))
        [(count,)] = connection.execute(f"SELECT count(*) FROM ({queries[0]}) AS rows".encode()).fetchall()
    assert (len(queries), count) == (1, snapshot.count("retail.order_items"))


def test_who_wants_a_table_for_itself_waits_for_the_backup(source: Database) -> None:
    """As a deploy does that comes meanwhile; the backup does not wait for it in turn."""
    with (
        connected(source.backup_url, None) as connection,
        open_snapshot(connection) as snapshot,
        open_table_reader(connection) as reader,
        closing(psycopg.connect(source.owner_url)) as deploy,
        source.as_superuser() as superuser,
    ):
        deploy.execute("SELECT 1")
        deploy.pgconn.send_query(b"LOCK TABLE retail.order_items IN ACCESS EXCLUSIVE MODE")
        eventually(lambda: superuser.execute(WAITING.encode()).fetchall(), "the wait for the table")
        rows = b"".join(reader.rows("retail.order_items", snapshot.columns["retail.order_items"]))
        assert superuser.execute(WAITING.encode()).fetchall() == [(deploy.info.backend_pid,)]
    assert rows.count(b"\n") == snapshot.count("retail.order_items")


def test_who_stops_in_the_middle_leaves_no_connection(source: Database) -> None:
    with (
        connected(source.backup_url, None) as connection,
        open_snapshot(connection) as snapshot,
        open_table_reader(connection, range_blocks=7) as reader,
    ):
        next(reader.rows("retail.order_items", snapshot.columns["retail.order_items"]))
        assert len(reading(source)) == CONNECTIONS
    eventually(lambda: not reading(source), "the end of the connections")


@pytest.mark.parametrize(
    ("table", "column", "error"),
    [
        ("access.signing_keys", "kid", errors.InsufficientPrivilege),
        ("retail.stores", "nothing", errors.UndefinedColumn),
        ("retail.nothing", "store_id", errors.UndefinedTable),
    ],
)
def test_what_the_server_refuses_is_an_error_of_psycopg(
    source: Database, table: str, column: str, error: type[psycopg.Error]
) -> None:
    with (
        connected(source.backup_url, None) as connection,
        open_snapshot(connection),
        open_table_reader(connection) as reader,
        pytest.raises(error),
    ):
        list(reader.rows(table, [column]))


@pytest.mark.parametrize("query", ["^COPY", "pg_export_snapshot", "lease_backup"])
def test_whichever_connection_is_lost_there_is_no_backup(source: Database, store: BlobStore, query: str) -> None:
    """While rows are read."""

    ended: list[tuple[bool]] = []

    def end(table: str, done: int) -> None:
        if table == "retail.customers" and not ended:
            with source.as_superuser() as superuser:
                ended.extend(superuser.execute(ENDED, (query,)).fetchall())

    with pytest.raises(psycopg.OperationalError):
        back_up_full(source.backup_url, None, store, KEYS, show=end)
    assert set(ended) == {(True,)}
    assert newest_complete(store, KEYS) is None
    with source.as_superuser() as superuser:
        superuser.execute("DELETE FROM ops.backup_lease")


@pytest.mark.parametrize("number", range(CONNECTIONS))
def test_whichever_connection_is_lost_its_range_is_missed(source: Database, number: int) -> None:
    with (
        connected(source.backup_url, None) as connection,
        open_snapshot(connection) as snapshot,
        open_table_reader(connection, range_blocks=7) as reader,
    ):
        rows = reader.rows("retail.order_items", snapshot.columns["retail.order_items"])
        next(rows)
        with source.as_superuser() as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s)", (reading(source)[number],))
        with pytest.raises(psycopg.OperationalError):
            list(rows)


@pytest.mark.parametrize("number", range(CONNECTIONS))
def test_a_server_that_falls_silent_is_lost(source: Database, number: int) -> None:
    with (
        connected(source.backup_url, None) as connection,
        open_snapshot(connection) as snapshot,
        open_table_reader(connection, range_blocks=7, patience_seconds=1) as reader,
    ):
        rows = reader.rows("retail.order_items", snapshot.columns["retail.order_items"])
        next(rows)
        silent = reading(source)[number]
        os.kill(silent, signal.SIGSTOP)
        try:
            with pytest.raises(psycopg.OperationalError):
                list(rows)
        finally:
            os.kill(silent, signal.SIGCONT)


def test_rows_pass_through_tls_and_only_from_the_server_that_the_url_trusts(
    source: Database, store: BlobStore, tmp_path: Path
) -> None:
    good, bad = (tmp_path / name for name in ("good", "bad"))
    for directory in (good, bad):
        directory.mkdir()
    trusted, another = self_signed(good), self_signed(bad)
    parts = urlsplit(source.backup_url)
    assert parts.port
    with tls_proxy(parts.port, trusted) as proxy:
        login = parts.netloc.rpartition("@")[0]
        query = urlencode({"sslmode": "verify-full", "sslrootcert": trusted.certificate})
        url = urlunsplit(parts._replace(netloc=f"{login}@localhost:{proxy.port}", query=query))
        made = back_up_full(url, None, store, KEYS)
        assert made is not None
        assert proxy.encrypted == 2 + CONNECTIONS
        with connected(url, None) as connection, open_snapshot(connection) as snapshot:
            proxy.certificate = another  # as somebody between would, once the first connection stands
            with pytest.raises(psycopg.OperationalError):
                list(snapshot.rows("retail.stores"))
        assert proxy.encrypted == 3 + CONNECTIONS
