"""Everything a laptop needs, started in order and stopped in reverse: Functions host, embedder, PostgreSQL, issuer."""

import errno
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

from local.child import has_ended
from local.clients import VSCODE_FILE, snippet, write_vscode_configuration
from local.parts import (
    answers,
    application_settings,
    listens,
    login_urls,
    start_embedder,
    start_host,
    start_issuer,
    start_refresh,
)
from local.postgres import EmbeddedPostgres, PostgresFailed, free_port
from local.postgres_home import HomeRefused
from local.progress import RowsBar, console, step
from local.state import DATABASE, AlreadyRunning, StateFolder
from shared.errors import ZavaError

NEEDED_BYTES = 700 * 1024 * 1024
READY_SECONDS = 60.0
HOST, EMBEDDER, ISSUER = "Functions host", "embedder", "token issuer"

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
    with _signals_as_exceptions(), suppress(StopRequested), running_stack(state, options) as children:
        _tell_clients(state)
        _watch(children)


@contextmanager
def running_stack(state: StateFolder, options: StackOptions) -> "Iterator[dict[str, subprocess.Popen[bytes]]]":
    """Its parts, all of them stopped at the end. Raises StackFailed."""
    with _clear_sentences(state), state.locked(), ExitStack() as parts:
        yield _start(state, options, parts)


def _start(state: StateFolder, options: StackOptions, parts: ExitStack) -> "dict[str, subprocess.Popen[bytes]]":
    func = shutil.which("func") if options.host == "func" else None
    if options.host == "func" and func is None:
        raise StackFailed(INSTALL_CORE_TOOLS)
    port = _claimed(options.port)
    _check_space(state)
    before = (state.stack() or {}).get("ports", {})
    server = EmbeddedPostgres(state.postgres, port=_same_or_free(before.get("postgres")))
    ports = {"mcp": port, "postgres": server.port}
    ports |= {name: _same_or_free(before.get(name)) for name in ("issuer", "embedder")}
    passwords = state.passwords()
    own = login_urls(server, passwords)
    settings = application_settings(state, own, ports)
    state.secret_values()  # made before two read them
    # First, for it loads its libraries while the database is made.
    children = {HOST: start_host(state, port, settings, func, parts)}
    parts.callback(server.stop)
    urls = _make_database(server, state, passwords, options)
    children |= {"PostgreSQL": server.process, ISSUER: start_issuer(state, ports["issuer"], parts)}
    with step("starting the Functions host"):
        _wait_until(lambda: listens(ports["issuer"]), ISSUER, children, state.issuer_log)
        _wait_until(lambda: answers(port), HOST, children, state.host_log)
    # Last, for it takes the processor from the others. Who has all products embedded need not wait for it.
    children[EMBEDDER] = start_embedder(state, ports["embedder"], parts)
    _embed_products(
        state,
        server.superuser_url(DATABASE),
        settings,
        lambda: _wait_until(lambda: listens(ports["embedder"]), EMBEDDER, children, state.embedder_log),
        parts,
    )
    state.write_stack(
        {
            "ports": ports,
            "issuer": settings["ENTRA_AUTHORITY"],
            "mcp_url": settings["MCP_SERVER_URL"],
            "pids": {name: child.pid for name, child in children.items()},
            "environment": urls,
        }
    )
    return children


def _embed_products(
    state: StateFolder, superuser_url: str, settings: dict[str, str], wait: Callable[[], None], parts: ExitStack
) -> None:
    """What waits to be embedded. wait: until the embedder listens."""
    from local.first_embeddings import embed_products  # late: the children load their libraries meanwhile

    def refresh() -> "subprocess.Popen[bytes]":
        wait()
        return start_refresh(state, settings, parts)

    if not embed_products(superuser_url, refresh):
        console().print(
            f"  not all products are embedded, and are tried again every five minutes; see {state.refresh_log}"
        )


def _tell_clients(state: StateFolder) -> None:
    """The ready line and what leads clients there. That a clone cannot be written to stops nobody."""
    mcp_url = (state.stack() or {})["mcp_url"]
    with suppress(OSError):
        write_vscode_configuration(VSCODE_FILE, mcp_url)
    console().print(snippet(mcp_url, state.path), markup=False, soft_wrap=True)
    print(f"ready {mcp_url}", flush=True)


def _make_database(
    server: EmbeddedPostgres, state: StateFolder, passwords: dict[str, str], options: StackOptions
) -> dict[str, str]:
    """Start PostgreSQL and make what is not there; the URLs of its logins."""
    from local.database import database_urls, ensure_database  # late: the children load their libraries meanwhile

    with step("starting PostgreSQL"):
        server.start()
    with RowsBar() as bar:
        as_wanted = ensure_database(
            server,
            signing_keys=state.signing_keys(),
            passwords=passwords,
            full=options.full,
            fresh=options.fresh,
            progress=bar.show,
        )
    if not as_wanted:
        console().print(f"  {state.path} holds a database that was made with the other --data; --fresh makes it anew")
    return database_urls(server, passwords)


def _wait_until(
    ready: Callable[[], bool], name: str, children: "dict[str, subprocess.Popen[bytes]]", log: Path
) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        _check_alive(name, children[name], log)
        if time.monotonic() > deadline:
            raise StackFailed(f"the {name} was not ready in {READY_SECONDS:.0f} s; see {log}")
        time.sleep(0.02)


def _watch(children: "dict[str, subprocess.Popen[bytes]]") -> None:
    """Until a signal or the end of the Functions host, which are exceptions.

    When another part ends, the host goes on: it says for itself that it is not ready, as it would in Azure.
    """
    while True:
        for name in [name for name, child in children.items() if has_ended(child)]:
            ended = f"the {name} ended by itself with code {children.pop(name).returncode}"
            if name == HOST:
                raise StackFailed(f"{ended}; everything was stopped")
            console().print(f"dev.py: {ended}; the rest goes on, stop and start to have it back")
        time.sleep(0.2)


def _check_alive(name: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    if has_ended(child):
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] or ["no message"]
        raise StackFailed(f"the {name} did not start: {lines[-1].strip()} (whole log: {log})")


def _claimed(port: int) -> int:
    if port == 0:
        return free_port()
    if listens(port):
        raise StackFailed(f"port {port} is taken; stop what listens there or choose another with --port")
    return port


def _same_or_free(port: int | None) -> int:
    """The port of the last run if it is still free, so that noted URLs and tokens stay good."""
    return port if port and not listens(port) else free_port()


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
    except (PostgresFailed, HomeRefused, ZavaError) as error:
        raise StackFailed(str(error)) from error
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
