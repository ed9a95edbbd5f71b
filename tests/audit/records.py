"""Records of calls for the trail, and what the trail then has."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from local.people import PEOPLE
from shared.audit.chain import Head
from tests.conftest import Database

type Entry = dict[str, Any]


def entry(number: int, instance_id: UUID, **changes: Any) -> Entry:
    """What an instance tells of a call of Kirkland's manager."""
    kirkland = PEOPLE["kirkland"]
    told = {
        "instance_id": str(instance_id),
        "number": number,
        "began_at": datetime.now(UTC).isoformat(),
        "tenant_id": str(kirkland.tenant_id),
        "object_id": str(kirkland.object_id),
        "client_id": "a client",
        "method": "tools/call",
        "name": "execute_sales_query",
        "arguments_mac": "\\x" + "0f" * 32,
        "outcome": "OK",
        "calls": 1,
        "rows": 5,
        "bytes": 1234,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }
    return told | changes


def entries(count: int, instance_id: UUID | None = None) -> list[Entry]:
    instance_id = instance_id or uuid4()
    return [entry(number, instance_id) for number in range(1, count + 1)]


def append(database: Database, batch: list[Entry]) -> Head:
    """As the server does, on the jobs' login."""
    with psycopg.connect(database.jobs_url, autocommit=True) as jobs:
        row = jobs.execute("SELECT last_sequence, last_hash FROM ops.append_audit(%s)", (Jsonb(batch),)).fetchone()
    assert row is not None
    return Head(*row)


def trail(database: Database) -> list[Entry]:
    """Its rows in order."""
    with psycopg.connect(database.backup_url, row_factory=dict_row) as backup:
        return backup.execute("SELECT * FROM ops.audit ORDER BY sequence").fetchall()


async def arrived(
    database: Database, count: int, of: Callable[[Entry], bool] = lambda _: True, seconds: float = 30
) -> list[Entry]:
    """The trail's rows once so many of them are such: a server that ends waits a second for the database, no longer."""
    deadline = time.monotonic() + seconds
    while sum(map(of, rows := trail(database))) < count:
        assert time.monotonic() < deadline, f"{count} rows did not come within {seconds} s: {rows}"
        await asyncio.sleep(0.05)
    return rows
