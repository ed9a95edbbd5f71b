"""What a caller must be answered: a database that holds the caller's rows only, where no policy is in play."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.types import TypeInfo

from local.people import PEOPLE
from local.postgres import EmbeddedPostgres
from shared.database.queries import named_queries
from shared.database.schema import deploy_schema
from shared.invocation import Answer
from shared.json_values import columns_of, register_json_values
from tests.conftest import Database

FOLDER = Path(__file__).parent
TABLES = (
    *("stores", "categories", "product_types", "products", "product_description_embeddings"),
    *("customers", "inventory", "orders", "order_items"),
)
SETTINGS = {
    "search_path": "retail, extensions",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "iso_8601",
    "default_transaction_read_only": "on",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
"""What of the role zava_app's settings shows in an answer, or in its speed."""


class Oracle:
    """Answers as a caller's own database gives them, each asked once."""

    def __init__(self, connection: AsyncConnection[tuple[Any, ...]]) -> None:
        self._connection = connection
        self._answers: dict[tuple[str, int], Answer] = {}

    async def read(self, statement: str, *, max_rows: int) -> Answer:
        """The counterpart of Invocations.read."""
        key = (statement, max_rows)
        if key not in self._answers:
            self._answers[key] = await self._ask(statement, max_rows)
        return self._answers[key]

    async def _ask(self, statement: str, max_rows: int) -> Answer:
        cursor = await self._connection.execute(statement.encode())
        rows = [list(row) for row in await cursor.fetchmany(max_rows + 1)]
        assert cursor.pgresult
        return Answer(columns_of(cursor.pgresult, cursor), rows[:max_rows], truncated=len(rows) > max_rows)


@asynccontextmanager
async def open_oracle(url: str) -> AsyncIterator[Oracle]:
    """An oracle over a database made by make_oracle_database."""
    options = " ".join(f"-c {name}={value.replace(' ', '\\ ')}" for name, value in SETTINGS.items())
    async with await AsyncConnection.connect(url, options=options, autocommit=True) as connection:
        register_json_values(connection)
        if vector := await TypeInfo.fetch(connection, "extensions.vector"):
            vector.register(connection)
        yield Oracle(connection)


def make_oracle_database(server: EmbeddedPostgres, source: Database, caller: str) -> str:
    """The superuser's URL of a new database with those rows of the source that the caller may see."""
    name = f"oracle_{caller}"
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = server.superuser_url(name)
    with source.as_superuser() as rows, psycopg.connect(url, autocommit=True) as target:
        deploy_schema(target)
        target.execute("SET session_replication_role = replica")  # the source has checked every foreign key
        stores = granted_stores(rows, caller)
        for table in TABLES:
            _copy(rows, target, table, stores)
        target.execute("VACUUM (ANALYZE)")
    return url


def granted_stores(connection: psycopg.Connection[Any], caller: str) -> list[int]:
    """The stores of a caller, from the grants themselves."""
    person = PEOPLE[caller]
    granted = connection.execute(
        _visible_rows("granted_stores"), {"tenant_id": person.tenant_id, "object_id": person.object_id}
    )
    return [store_id for (store_id,) in granted]


def _copy(source: psycopg.Connection[Any], target: psycopg.Connection[Any], table: str, stores: list[int]) -> None:
    """Through a file of the server's: a client would take each row by itself."""
    [(folder,)] = source.execute("SHOW data_directory").fetchall()
    file = f"'{folder}/rows-for-an-oracle' (FORMAT binary)".encode()
    psycopg.ClientCursor(source).execute(b"COPY (" + _visible_rows(table) + b") TO " + file, {"stores": stores})
    target.execute(f"COPY retail.{table} FROM ".encode() + file)


def _visible_rows(name: str) -> bytes:
    return named_queries("visible_rows", FOLDER)[name].encode()
