"""What is appended to the trail, by whom, and once only."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from local.people import PEOPLE
from shared.audit.chain import hash_of
from shared.database.queries import named_queries
from tests.audit.records import append, entries, entry, trail
from tests.conftest import Database

STORE_OF = "SELECT store_id, rls_user_id FROM retail.stores WHERE store_name ILIKE %s"


def whose(name: str) -> dict[str, str]:
    return {"tenant_id": str(PEOPLE[name].tenant_id), "object_id": str(PEOPLE[name].object_id)}


def test_a_row_says_what_was_sent_and_hashes_the_row_before(empty: Database) -> None:
    instance = uuid4()
    sent = entry(1, instance, name='ünïcode "quoted" \\ and\ttab', task_id=str(uuid4()), store_scope=str(uuid4()))
    head = append(empty, [sent, entry(2, instance)])
    first, second = trail(empty)
    for column in ("number", "client_id", "method", "name", "outcome", "calls", "rows", "bytes", "trace_id"):
        assert first[column] == sent[column]
    assert first["began_at"] == datetime.fromisoformat(sent["began_at"])
    assert abs(datetime.now(UTC) - first["appended_at"]) < timedelta(minutes=1)
    assert (first["previous_hash"], second["previous_hash"]) == (bytes(32), first["hash"])
    assert (head.sequence, head.hash) == (second["sequence"], second["hash"]) == (2, second["hash"])
    with psycopg.connect(empty.backup_url) as backup:
        rows = backup.execute(named_queries("audit")["rows"].encode()).fetchall()
    assert [hash_of(row) for row in rows] == [first["hash"], second["hash"]]


def test_the_database_says_which_stores_the_principal_saw(empty: Database) -> None:
    with empty.as_superuser() as superuser:
        [(seattle, seattle_scope)] = superuser.execute(STORE_OF, ("%seattle%",)).fetchall()
        [(kirkland, _)] = superuser.execute(STORE_OF, ("%kirkland%",)).fetchall()
    instance = uuid4()
    asked: list[dict[str, Any]] = [
        {},
        whose("west-region"),
        whose("west-region") | {"store_scope": str(seattle_scope)},
        {"store_scope": str(seattle_scope), "store_ids": [1, 2, 3]},
        whose("nobody"),
        {"tenant_id": None, "object_id": None, "client_id": None, "store_ids": [1]},
    ]
    append(empty, [entry(number, instance, **changes) for number, changes in enumerate(asked)])
    seen = [row["store_ids"] for row in trail(empty)]
    assert (seen[0], len(seen[1]), seen[2]) == ([kirkland], 4, [seattle])
    assert seen[3:] == [[], [], None]


def test_a_batch_sent_again_appends_nothing_twice(empty: Database) -> None:
    batch = entries(10)
    first = append(empty, batch[:6])
    assert append(empty, batch[:6]) == first
    assert append(empty, batch[4:] + batch[4:]).sequence == 10
    assert [row["number"] for row in trail(empty)] == list(range(1, 11))


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": None},
        {"name": "n" * 201},
        {"trace_id": "nonsense"},
        {"object_id": None},
        {"arguments_mac": "\\x00"},
        {"rows": -1},
        {"began_at": "infinity"},
    ],
)
def test_what_is_no_record_is_refused_with_its_batch(empty: Database, wrong: dict[str, object]) -> None:
    with pytest.raises(psycopg.Error):
        append(empty, [entry(1, uuid4()), entry(2, uuid4(), **wrong)])
    assert trail(empty) == []


def test_a_batch_is_bounded(empty: Database) -> None:
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        append(empty, entries(1001))


def test_several_instances_make_one_chain_quickly(empty: Database) -> None:
    """Four at once, batches of a hundred."""
    batches = 10
    failures: list[BaseException] = []

    def instance() -> None:
        try:
            sent = entries(100 * batches)
            with psycopg.connect(empty.jobs_url, autocommit=True) as jobs:
                for begin in range(0, len(sent), 100):
                    jobs.execute("SELECT ops.append_audit(%s)", (Jsonb(sent[begin : begin + 100]),))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=instance) for _ in range(4)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = 4 * 100 * batches / (time.perf_counter() - began)
    print(f"{rate:.0f} rows/s")
    assert not failures
    rows = trail(empty)
    assert [row["sequence"] for row in rows] == list(range(1, 4 * 100 * batches + 1))
    assert [row["previous_hash"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]
    assert rate > 300


STATEMENTS = (
    "INSERT INTO {} DEFAULT VALUES",
    "UPDATE {} SET hash = hash",
    "UPDATE {} SET last_sequence = 0",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "COPY {} FROM STDIN",
    "MERGE INTO {} USING (SELECT) AS nothing ON true WHEN MATCHED THEN DELETE",
    "LOCK {} IN EXCLUSIVE MODE",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "DROP TABLE {}",
)


@pytest.mark.parametrize("login", ["app", "jobs", "backup"])
@pytest.mark.parametrize("table", ["audit", "audit_chain"])
def test_no_login_writes_the_trail(empty: Database, login: str, table: str) -> None:
    append(empty, entries(1))
    with psycopg.connect(getattr(empty, f"{login}_url"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        for statement in STATEMENTS:
            wanted = sql.SQL(statement).format(sql.Identifier("ops", table))
            if ("last_sequence" in statement) != (table == "audit_chain") and "SET" in statement:
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(wanted)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT ops.forget_audit(now())")
    assert len(trail(empty)) == 1


@pytest.mark.parametrize(
    ("login", "reads", "appends"), [("app", False, False), ("jobs", False, True), ("backup", True, False)]
)
def test_one_login_appends_and_one_reads(empty: Database, login: str, reads: bool, appends: bool) -> None:
    def may(statement: bytes, *parameters: object) -> bool:
        try:
            connection.execute(statement, parameters)
        except psycopg.errors.InsufficientPrivilege:
            return False
        return True

    with psycopg.connect(getattr(empty, f"{login}_url"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        assert may(b"SELECT * FROM ops.audit") is may(b"SELECT * FROM ops.audit_chain") is reads
        assert may(b"SELECT ops.append_audit(%s)", Jsonb(entries(1))) is appends
