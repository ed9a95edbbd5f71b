"""A database of few customers, encrypted by the operators' command, and a vault's file that both sides read."""

import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from mcp import Client

from shared.__main__ import main
from shared.database.pool import open_pool
from shared.invocation import Invocations
from shared.isolation.gate import Isolation
from shared.vault import FileSource, Vault
from tests.conftest import CURSOR_KEY, KEY, Database, MakeDatabase, caller_of, settings_for
from tests.tools.conftest import client_over

KIRKLAND, REDMOND = 7, 6
CUSTOMERS = 1200
"""More than two batches."""
KEPT_KEYS = (KEY, CURSOR_KEY)

type Encrypt = Callable[..., "Done"]
type Stored = dict[int, tuple[str, str | None]]


@dataclass(frozen=True)
class Done:
    """What a run of the command leaves."""

    status: int
    stdout: str
    stderr: str

    def outcome(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout)
        return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The secrets of a laptop, with a wrapping key that has been there for long."""
    path = tmp_path / "secrets.json"
    path.touch(mode=0o600)
    kept = {key.name: [{"version": key.version, "value": key.value}] for key in KEPT_KEYS}
    wrapping = {"version": "wrapping-1", "value": base64.b64encode(b"w" * 32).decode(), "created": time.time() - 3600}
    path.write_text(json.dumps({**kept, "field-encryption-key": [wrapping]}))
    return path


@pytest.fixture(scope="session")
def small_template(make_database: MakeDatabase) -> Database:
    """The sample without most of its customers; the head office is shown contacts, and so is Kirkland's manager."""
    database = make_database()
    with database.as_superuser() as superuser:
        superuser.execute(
            "CREATE TEMP TABLE kept AS SELECT * FROM retail.customers WHERE customer_id <= %s", (CUSTOMERS,)
        )
        superuser.execute("TRUNCATE retail.customers CASCADE")
        superuser.execute("INSERT INTO retail.customers TABLE kept")
        superuser.execute("UPDATE retail.customers SET phone = NULL WHERE customer_id % 10 = 0")
        superuser.execute(
            "UPDATE access.principals SET sees_contacts = true WHERE principal_id = ANY (%s)",
            ([caller_of(name).principal_id for name in ("head-office", "kirkland")],),
        )
    return database


@pytest.fixture
def small(small_template: Database, make_plain: Callable[[], None]) -> Database:
    """All in plain text, with no data key."""
    make_plain()
    return small_template


@pytest.fixture(scope="session")
def originals(small_template: Database) -> Stored:
    return stored(small_template)


@pytest.fixture
def make_plain(small_template: Database, originals: Stored) -> Callable[[], None]:
    """Puts everything back."""

    def put_back() -> None:
        with small_template.as_superuser() as superuser:
            superuser.execute("TRUNCATE ops.field_keys")
            superuser.execute("DELETE FROM retail.customers WHERE customer_id > %s", (CUSTOMERS,))
            superuser.execute(
                "UPDATE retail.customers AS customer SET email = new.email, phone = new.phone"
                " FROM unnest(%s::int[], %s::text[], %s::text[]) AS new (customer_id, email, phone)"
                " WHERE customer.customer_id = new.customer_id"
                " AND (customer.email, customer.phone) IS DISTINCT FROM (new.email, new.phone)",
                (list(originals), [email for email, _ in originals.values()], [p for _, p in originals.values()]),
            )

    return put_back


def stored(database: Database) -> Stored:
    """E-mail address and telephone number of each customer, as they are stored."""
    with database.as_superuser() as superuser:
        rows = superuser.execute("SELECT customer_id, email, phone FROM retail.customers ORDER BY 1").fetchall()
    return {customer_id: (email, phone) for customer_id, email, phone in rows}


def environ_of(database: Database, file: Path) -> dict[str, str]:
    """What the command is run with."""
    settings = settings_for(database.app_url)
    return {
        "APP_DATABASE_URL": database.app_url,
        "JOBS_DATABASE_URL": settings.jobs_database_url,
        "OWNER_DATABASE_URL": database.owner_url,
        "MCP_SERVER_URL": settings.mcp_server_url,
        "ENTRA_TENANT_IDS": ",".join(settings.entra_tenant_ids),
        "TOKEN_AUDIENCES": ",".join(settings.token_audiences),
        "OPENAI_BASE_URL": settings.openai_base_url or "",
        "SECRETS_FILE": str(file),
    }


@pytest.fixture
def encrypt(small: Database, file: Path, capsys: pytest.CaptureFixture[str]) -> Encrypt:
    """Runs the command, but for the process. No run prints what it reads, or its URL's password."""

    def run(*arguments: str, **changes: str) -> Done:
        with ThreadPoolExecutor(1) as thread:  # it has an event loop of its own
            status = thread.submit(main, ["encrypt-fields", *arguments], environ_of(small, file) | changes).result()
        printed = capsys.readouterr()
        assert "@example.com" not in printed.out + printed.err
        assert "555-" not in printed.out + printed.err
        return Done(status, printed.out, printed.err)

    return run


@asynccontextmanager
async def door_to(database: Database, file: Path, pool_size: int = 2) -> AsyncIterator[Invocations]:
    """An instance of its own."""
    async with open_pool(settings_for(database.app_url, pool_size=pool_size)) as pool:
        vault = Vault(FileSource(file))
        yield Invocations(pool, vault, Isolation(pool, vault)).without_proof()
        await vault.close()


@asynccontextmanager
async def client_to(database: Database, file: Path, name: str) -> AsyncIterator[Client]:
    """A client of one of the local people."""
    async with door_to(database, file) as door, client_over(door, caller_of(name)) as client:
        yield client


def execute(database: Database, statement: str, *parameters: object) -> psycopg.Cursor[Any]:
    """As the superuser."""
    with database.as_superuser() as superuser:
        return superuser.execute(statement, parameters or None)
