"""Everything a laptop needs, started in order and stopped in reverse: PostgreSQL, token issuer, Functions host."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

import psycopg

from local.child import start_child, stop_child
from local.database import DATABASE, database_urls, ensure_database
from local.people import LOCAL_AUDIENCE, LOCAL_TENANT_ID
from local.postgres import EmbeddedPostgres, PostgresFailed, free_port
from local.progress import RowsBar, step
from local.state import AlreadyRunning, StateFolder

ROOT = Path(__file__).resolve().parent.parent
NEEDED_BYTES = 700 * 1024 * 1024
READY_SECONDS = 60.0
STOP_SECONDS = 12.0

INSTALL_CORE_TOOLS = (
    "Azure Functions Core Tools (`func`) are not on PATH; install them with "
    "`npm install -g azure-functions-core-tools@4`, or leave out `--host func` to use the built-in host"
)


class StackFailed(Exception):
    """One sentence for the person at the terminal."""


class StopRequested(Exception):
    """SIGINT or SIGTERM."""


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """What `dev.py start` was asked for."""

    port: int
    full: bool
    fresh: bool
    host: Literal["local", "func"]


def run_stack(state: StateFolder, options: StackOptions) -> None:
    """Start, print the ready line, wait for a signal or for a part that ends, stop everything."""
    with _signals_as_exceptions():
        try:
            with _clear_sentences(state), state.locked(), ExitStack() as parts:
                children = _start(state, options, parts)
                _watch(children)
        except StopRequested:
            pass


def _start(state: StateFolder, options: StackOptions, parts: ExitStack) -> "dict[str, subprocess.Popen[bytes]]":
    func = shutil.which("func") if options.host == "func" else None
    if options.host == "func" and func is None:
        raise StackFailed(INSTALL_CORE_TOOLS)
    port = _claimed(options.port)
    _check_space(state)
    before = (state.stack() or {}).get("ports", {})
    server = EmbeddedPostgres(state.postgres, port=_same_or_free(before.get("postgres")))
    issuer_port = _same_or_free(before.get("issuer"))
    app_database_url = server.url("zava_app", state.passwords()["zava_app"], DATABASE)
    settings = application_settings(state, app_database_url, port, issuer_port)
    children = {  # first, for they load their libraries while the database is made
        "token issuer": _start_issuer(state, issuer_port, parts),
        "Functions host": _start_host(state, port, settings, func, parts),
    }
    parts.callback(server.stop)
    with step("starting PostgreSQL"):
        server.start()
    children["PostgreSQL"] = server.process
    with RowsBar() as bar:
        ensure_database(
            server,
            signing_keys=state.secret_values()["rls-signing-key"],
            passwords=state.passwords(),
            full=options.full,
            fresh=options.fresh,
            progress=bar.show,
        )
    with step("starting the Functions host"):
        _wait_until(lambda: _listens(issuer_port), "token issuer", children, state.issuer_log)
        _wait_until(lambda: _answers(port), "Functions host", children, state.host_log)
    state.write_stack(
        {
            "ports": {"mcp": port, "postgres": server.port, "issuer": issuer_port},
            "issuer": settings["ENTRA_AUTHORITY"],
            "mcp_url": settings["MCP_SERVER_URL"],
            "pids": {name: child.pid for name, child in children.items()},
            "environment": database_urls(server, state.passwords()),
        }
    )
    print(f"ready {settings['MCP_SERVER_URL']}", flush=True)
    return children


def application_settings(state: StateFolder, app_database_url: str, port: int, issuer_port: int) -> dict[str, str]:
    """The application's environment on a laptop, as Bicep sets it in Azure."""
    mcp_url = f"http://127.0.0.1:{port}/mcp"
    return {
        "APP_DATABASE_URL": app_database_url,
        "MCP_SERVER_URL": mcp_url,
        "ENTRA_TENANT_IDS": str(LOCAL_TENANT_ID),
        "TOKEN_AUDIENCES": f"{LOCAL_AUDIENCE},{mcp_url}",
        "ENTRA_AUTHORITY": f"http://127.0.0.1:{issuer_port}",
        "SECRETS_FILE": str(state.secrets),
    }


def _start_issuer(state: StateFolder, port: int, parts: ExitStack) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "local.token_issuer", "--state", str(state.path), "--port", str(port)]
    command += ["--die-with-parent"]
    return _start_part(command, state.issuer_log, {}, parts)


def _start_host(
    state: StateFolder, port: int, settings: dict[str, str], func: str | None, parts: ExitStack
) -> "subprocess.Popen[bytes]":
    if func is None:
        command = [sys.executable, "-m", "local.functions_host", "--script-root", str(ROOT), "--port", str(port)]
        command += ["--state-file", str(state.timers), "--die-with-parent"]
        return _start_part(command, state.host_log, settings, parts)
    write_local_settings(ROOT / "local.settings.json", settings, port)
    in_venv = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": sys.prefix}
    return _start_part([func, "start", "--port", str(port)], state.host_log, in_venv, parts)


def write_local_settings(path: Path, settings: dict[str, str], port: int) -> None:
    """local.settings.json for Core Tools; private, because the database URL in it carries a password."""
    values = {"AzureWebJobsStorage": "", "FUNCTIONS_WORKER_RUNTIME": "python", **settings}
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"IsEncrypted": False, "Values": values, "Host": {"LocalHttpPort": port}}, file, indent=2)


def _start_part(
    command: Sequence[str], log: Path, settings: dict[str, str], parts: ExitStack
) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        child = start_child(command, cwd=ROOT, env=os.environ | settings, stdout=output, stderr=output)
    parts.callback(stop_child, child, signal.SIGTERM, STOP_SECONDS)
    return child


def _wait_until(
    ready: Callable[[], bool], name: str, children: "dict[str, subprocess.Popen[bytes]]", log: Path
) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        _check_alive(name, children[name], log)
        if time.monotonic() > deadline:
            raise StackFailed(f"the {name} was not ready in {READY_SECONDS:.0f} s; see {log}")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10):
            return True
    except OSError:  # nobody listens yet, or 503
        return False


def _watch(children: "dict[str, subprocess.Popen[bytes]]") -> None:
    """Return never: a part that ends by itself, or a signal, is an exception."""
    while True:
        for name, child in children.items():
            if child.poll() is not None:
                raise StackFailed(f"the {name} ended by itself with code {child.returncode}; everything was stopped")
        time.sleep(0.2)


def _check_alive(name: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    if child.poll() is not None:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] or ["no message"]
        raise StackFailed(f"the {name} did not start: {lines[-1].strip()} (whole log: {log})")


def _claimed(port: int) -> int:
    if port == 0:
        return free_port()
    if _listens(port):
        raise StackFailed(f"port {port} is taken; stop what listens there or choose another with --port")
    return port


def _same_or_free(port: int | None) -> int:
    """The port of the last run if it is still free, so that noted URLs and tokens stay good."""
    return port if port and not _listens(port) else free_port()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _check_space(state: StateFolder) -> None:
    free = shutil.disk_usage(state.path).free
    if not state.postgres.exists() and free < NEEDED_BYTES:
        raise StackFailed(
            f"the disk of {state.path} has {free // 1024**2} MB left and {NEEDED_BYTES // 1024**2} MB are needed; "
            "make room or choose another folder with --state"
        )


@contextmanager
def _clear_sentences(state: StateFolder) -> Iterator[None]:
    """What can go wrong on a laptop, each as one sentence."""
    try:
        yield
    except AlreadyRunning as error:
        raise StackFailed(
            f"{state.path} is in use by process {error}; stop that one or choose another --state"
        ) from None
    except PostgresFailed as error:
        raise StackFailed(str(error)) from error
    except psycopg.errors.DiskFull as error:
        raise StackFailed(f"the disk of {state.path} is full; make room and start again") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StackFailed(f"the disk of {state.path} is full; make room and start again") from error
        raise StackFailed(f"cannot use {error.filename or state.path}: {error.strerror}") from error


@contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """The first signal unwinds what was started; later ones must not disturb the unwinding."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise StopRequested

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
