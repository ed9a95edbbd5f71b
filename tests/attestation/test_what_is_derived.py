"""What triggers derive is held against its sources, and writers at work are no reason for an alarm."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.database.queries import named_queries
from shared.isolation.canary_rows import prove_with_rows
from tests.attestation.sabotage import Sabotage, attested, sabotaged
from tests.conftest import Database

STALE_VISITS = named_queries("canary_rows")["stale_visits"]
ELSEWHERE = "INSERT INTO retail.orders (order_id, customer_id, store_id, order_date) VALUES (9001, 1, 5, '2026-01-02')"
NOT_ELSEWHERE = "DELETE FROM retail.orders WHERE order_id = 9001"
INSERTS_ONLY = (
    "CREATE OR REPLACE TRIGGER refresh_visibility AFTER INSERT ON access.store_grants"
    " FOR EACH STATEMENT EXECUTE FUNCTION access.refresh_visibility()"
)
NO_DELETES = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT tgname FROM pg_trigger WHERE tgrelid = 'retail.orders'::regclass AND NOT tgisinternal AND tgtype & 8 <> 0
    LOOP
        EXECUTE format('ALTER TABLE retail.orders DISABLE TRIGGER %I', name);
    END LOOP;
END
$$
"""


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("INSERT INTO access.visits VALUES (5, 2)", 1),
        (f"{ELSEWHERE}; DELETE FROM access.visits", 1),
        (f"{ELSEWHERE}; UPDATE access.visits SET customer_id = 2", 2),
    ],
)
def test_visits_that_no_order_says_or_that_are_missing_are_found(
    breakable: Database, statement: str, rows: int
) -> None:
    undo = f"{NOT_ELSEWHERE}; TRUNCATE access.visits"
    with sabotaged(breakable, Sabotage(statement, "visits", undo)):
        findings = prove_with_rows(breakable.owner_url)
    assert [str(finding) for finding in findings] == [f"access.visits has {rows} rows other than the orders say"]
    assert prove_with_rows(breakable.owner_url) == []


@pytest.mark.parametrize(
    ("statement", "when"),
    [
        ("ALTER TABLE access.store_grants DISABLE TRIGGER USER", "the first store's manager"),
        ("ALTER TABLE retail.orders DISABLE TRIGGER USER", "the second store's manager"),
        (INSERTS_ONLY, "the region's manager after a grant is withdrawn"),
        (NO_DELETES, "the second store's manager after an order is deleted"),
        ("ALTER TABLE retail.customers DISABLE TRIGGER USER", "the first store's manager after customers have moved"),
    ],
)
def test_canary_rows_show_what_does_not_follow(breakable: Database, statement: str, when: str) -> None:
    with sabotaged(breakable, Sabotage(statement, "")):
        findings = prove_with_rows(breakable.owner_url)
    assert {finding.check for finding in findings} == {"canary_rows"}
    assert findings[0].subject == when


@pytest.mark.anyio
async def test_the_sample_data_hold(sample: Database) -> None:
    assert (await attested(sample)).findings == ()
    assert prove_with_rows(sample.owner_url) == []


@pytest.mark.anyio
async def test_what_is_not_yet_committed_is_no_alarm(breakable: Database) -> None:
    with breakable.as_superuser() as writer, breakable.as_superuser() as owner:
        writer.execute("BEGIN")
        writer.execute(ELSEWHERE.encode())
        writer.execute("UPDATE retail.customers SET primary_store_id = 1 + primary_store_id % 8")
        writer.execute("DELETE FROM access.store_grants WHERE store_id = 7")
        assert (await attested(breakable)).findings == ()
        assert owner.execute(STALE_VISITS).fetchall() == [(0,)]
        writer.execute("ROLLBACK")


WRITES = (
    "INSERT INTO retail.orders (customer_id, store_id, order_date)"
    " SELECT customer_id, 5, '2026-01-02' FROM retail.customers WHERE customer_id < 200",
    "UPDATE retail.customers SET primary_store_id = 1 + primary_store_id % 8 WHERE customer_id < 50",
    "INSERT INTO access.store_grants SELECT principal_id, 3 FROM access.store_grants WHERE store_id = 7",
    "DELETE FROM access.store_grants WHERE store_id = 7",
    "DELETE FROM retail.orders WHERE store_id = 5 AND order_date = '2026-01-02' AND customer_id < 90"
    " AND NOT EXISTS (SELECT FROM retail.order_items AS line WHERE line.order_id = orders.order_id)",
    "INSERT INTO access.store_grants SELECT principal_id, 7 FROM access.store_grants WHERE store_id = 3"
    " ON CONFLICT DO NOTHING",
    "DELETE FROM access.store_grants WHERE store_id = 3",
)


@contextmanager
def writing(database: Database) -> Iterator[None]:
    """Orders, moves and grants come and go, each committed, until the end of the block."""
    over = threading.Event()
    rounds: list[str] = []

    def write() -> None:
        with database.as_superuser() as writer:
            while not over.is_set() or not rounds:
                for statement in WRITES:
                    writer.execute(statement.encode())
                rounds.append(statement)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(60)
    assert rounds


@pytest.mark.anyio
async def test_writers_at_work_are_no_alarm(database: Database) -> None:
    with writing(database), database.as_superuser() as owner:
        for _ in range(10):
            assert (await attested(database)).findings == ()
            assert owner.execute(STALE_VISITS).fetchall() == [(0,)]
        assert prove_with_rows(database.owner_url) == []
