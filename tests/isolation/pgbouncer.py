"""A real PgBouncer in front of a test database: transaction mode, one server connection for everybody."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.child import open_log, start_child, stop_child
from local.postgres import free_port
from local.postgres_home import ServiceAccount
from tests.conftest import PASSWORDS, Database
from tests.processes import eventually

INSTALL = "PgBouncer is not installed; on Debian: apt-get install --no-install-recommends pgbouncer"

_CONFIGURATION = """\
[databases]
{database} = host=127.0.0.1 port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 1
min_pool_size = 0
max_client_conn = 200
logfile = {folder}/log
"""


@contextmanager
def pgbouncer_to(database: Database) -> Iterator[str]:
    """The URL of zava_app through it. Skips where the program is missing, and fails in CI."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(INSTALL)
    with tempfile.TemporaryDirectory(prefix="zava-pgbouncer-") as name:
        folder, port = Path(name), free_port()
        process = _started(program, folder, port, database)
        try:
            eventually(lambda: process.poll() is not None or _listens(port), "PgBouncer's start")
            assert process.poll() is None, (folder / "log").read_text()
            yield database.app_url.replace(f":{urlsplit(database.app_url).port}/", f":{port}/")
        finally:
            stop_child(process, signal.SIGINT, seconds=10)


def _started(program: str, folder: Path, port: int, database: Database) -> "subprocess.Popen[bytes]":
    """Not as root, which it refuses: as the account that PostgreSQL runs as."""
    configuration = _CONFIGURATION.format(
        database=database.name, server_port=urlsplit(database.app_url).port, port=port, folder=folder
    )
    (folder / "configuration").write_text(configuration)
    (folder / "users").write_text(f'"zava_app" "{PASSWORDS["zava_app"]}"\n')
    account = ServiceAccount.for_this_process()
    if account:
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.uid, account.gid)
    with open_log(folder / "output") as output:
        return start_child(
            [program, folder / "configuration"],
            cwd=Path("/"),
            env=dict(os.environ),
            stdout=output,
            stderr=output,
            death_signal=signal.SIGTERM,
            user=account.uid if account else None,
            group=account.gid if account else None,
        )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
