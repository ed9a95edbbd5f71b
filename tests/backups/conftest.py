"""A small database to back up, a folder to keep backups in, and a container of Azurite."""

import hashlib
import secrets
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from shared.backups.blob_store import BlobStore, open_blob_store
from shared.backups.full import back_up_full
from shared.backups.manifest import Manifest
from shared.backups.selection import EMPTIED, IN_BACKUP, SEEDED, qualified
from shared.backups.signature import Keys
from tests.conftest import Database, MakeDatabase

KEYS: Keys = {"key-2": secrets.token_bytes(32), "key-1": secrets.token_bytes(32)}

FEWER_ROWS = """
DROP INDEX retail.product_description_embeddings_by_distance;
CREATE TEMP TABLE kept_orders AS SELECT * FROM retail.orders WHERE order_id % 50 = 0;
CREATE TEMP TABLE kept_items AS SELECT * FROM retail.order_items WHERE order_id % 50 = 0;
TRUNCATE retail.orders, retail.order_items;
INSERT INTO retail.orders SELECT * FROM kept_orders;
INSERT INTO retail.order_items SELECT * FROM kept_items;
"""
"""The index of vectors takes most of a restore's time, and another test restores with it."""

EDGES = r"""
UPDATE retail.products
SET product_description = E'line\nends\r\n, tabs\t, \\. and \\N, quotes '' " and \u00e4\U0001F528'
WHERE product_id = 1;
UPDATE retail.customers SET phone = NULL WHERE customer_id = 1;
UPDATE retail.customers SET phone = '' WHERE customer_id = 2;
INSERT INTO retail.product_description_embeddings (product_id, description_embedding, model, content_hash)
SELECT product_id, array_fill(product_id / 7.0::real, ARRAY[1536])::extensions.vector, 'test', sha256('x')
FROM retail.products WHERE product_id <= 20;
INSERT INTO access.revocations (kind, subject) VALUES ('client', 'somebody');
INSERT INTO ops.served_model (model) VALUES ('test');
INSERT INTO ops.field_keys (key_id, wrapped, kid) VALUES (1, decode(repeat('ab', 60), 'hex'), 'a-version');
SELECT ops.append_audit('[{"instance_id": "5d5b8c4e-7a41-4a3e-9a53-111111111111", "number": 1,
    "began_at": "2026-01-02T03:04:05.678901Z", "method": "tools/call", "outcome": "OK", "calls": 1, "rows": 2,
    "bytes": 3}]');
"""


@pytest.fixture(scope="package")
def source(make_database: MakeDatabase) -> Database:
    """A fiftieth of the orders, values that are hard to write down, and a row in each table. Tests only read it."""
    made = make_database()
    run(made, FEWER_ROWS)
    run(made, EDGES)
    return made


@pytest.fixture(scope="package")
def one_target(make_database: MakeDatabase) -> Database:
    """Restored into again and again."""
    made = make_database()
    run(made, "DROP INDEX retail.product_description_embeddings_by_distance")
    return made


@pytest.fixture
def target(one_target: Database) -> Database:
    """A database as a deploy makes it: no rows, but for one in ops.audit_chain."""
    tables = sql.SQL(", ").join(map(qualified, sorted(EMPTIED - SEEDED)))
    with one_target.as_superuser() as superuser:
        superuser.execute(sql.SQL("TRUNCATE {}").format(tables))
    return one_target


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the store of a test keeps its blobs."""
    return tmp_path / "backups"


@pytest.fixture
def store(folder: Path) -> BlobStore:
    return open_blob_store(folder.as_uri())


@pytest.fixture(scope="package")
def kept(source: Database, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A folder with a backup of the source, to be copied by who changes it."""
    path = tmp_path_factory.mktemp("kept")
    made = back_up_full(source.backup_url, None, open_blob_store(path.as_uri()), KEYS)
    assert made is not None
    return path, made


def run(database: Database, script: str) -> None:
    """As the administrator: statements of a test."""
    with database.as_superuser() as superuser:
        superuser.execute(script.encode())


def contents(database: Database) -> dict[str, tuple[int, str]]:
    """Of each table in backups, as the superuser sees it, whom no policy concerns: rows, and a hash of all in order."""
    with psycopg.connect(database.superuser_url) as superuser:
        return {table: _content(superuser, table) for table in sorted(IN_BACKUP)}


def _content(superuser: psycopg.Connection[Any], table: str) -> tuple[int, str]:
    query = sql.SQL('COPY (SELECT each::text FROM {} AS each ORDER BY each::text COLLATE "C") TO STDOUT')
    whole, rows = hashlib.sha256(), 0
    with superuser.cursor() as cursor, cursor.copy(query.format(qualified(table))) as copy:
        for row in copy:
            whole.update(row)
            rows += 1
    return rows, whole.hexdigest()
