"""The programs of ours that a local stack runs as child processes: token issuer, embedder, Functions host."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from local.child import open_log, start_child, stop_child
from local.embedding_model import MODEL
from local.people import LOCAL_AUDIENCE, LOCAL_TENANT_ID
from local.postgres import EmbeddedPostgres
from local.state import DATABASE, VERIFICATION, StateFolder

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 12.0
LOGINS = {
    "APP_DATABASE_URL": "zava_app",
    "JOBS_DATABASE_URL": "zava_jobs",
    "BACKUP_DATABASE_URL": "zava_backup",
    "KEYS_DATABASE_URL": "zava_keys",
    "VERIFY_DATABASE_URL": "zava_verify",
}
"""The application's, by the setting that has their URL."""
TIMERS = ("backup_full", "backup_incremental", "refresh_embeddings", "rotate_keys", "verify_backup")


def login_urls(server: EmbeddedPostgres, passwords: Mapping[str, str]) -> dict[str, str]:
    """The URL of each of LOGINS."""
    where = {"VERIFY_DATABASE_URL": VERIFICATION}
    return {name: server.url(role, passwords[role], where.get(name, DATABASE)) for name, role in LOGINS.items()}


def application_settings(
    state: StateFolder, database_urls: Mapping[str, str], ports: Mapping[str, int]
) -> dict[str, str]:
    """The application's environment on a laptop, as Bicep sets it in Azure. ports: named as in stack.json."""
    mcp_url = f"http://127.0.0.1:{ports['mcp']}/mcp"
    return {
        **{name: database_urls[name] for name in LOGINS},
        "MCP_SERVER_URL": mcp_url,
        "ENTRA_TENANT_IDS": str(LOCAL_TENANT_ID),
        "TOKEN_AUDIENCES": f"{LOCAL_AUDIENCE},{mcp_url}",
        "ENTRA_AUTHORITY": f"http://127.0.0.1:{ports['issuer']}",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{ports['embedder']}/v1",
        "EMBEDDING_MODEL": MODEL,
        "BACKUP_STORE_URL": state.backups.as_uri(),
        "BACKUP_FULL_SCHEDULE": "0 0 2 * * *",
        "BACKUP_INCREMENTAL_SCHEDULE": "0 30 * * * *",
        "REFRESH_EMBEDDINGS_SCHEDULE": "0 */5 * * * *",
        "ROTATE_KEYS_SCHEDULE": "0 0 * * * *",
        "VERIFY_BACKUP_SCHEDULE": "0 0 4 * * *",
        "SECRETS_FILE": str(state.secrets),
        "AUDIT_SPOOL": str(state.audit_spool),
    }


def start_issuer(state: StateFolder, port: int, parts: ExitStack) -> "subprocess.Popen[bytes]":
    """The issuer on its port; parts stops it."""
    return _start_service("local.token_issuer", state, port, state.issuer_log, parts)


def start_embedder(state: StateFolder, port: int, parts: ExitStack) -> "subprocess.Popen[bytes]":
    """The embedder on its port; parts stops it."""
    return _start_service("local.embedding_service", state, port, state.embedder_log, parts)


def start_refresh(state: StateFolder, settings: dict[str, str], parts: ExitStack) -> "subprocess.Popen[bytes]":
    """One run of the embeddings' refresh; parts stops it."""
    return _start_part([sys.executable, "-m", "shared", "refresh-embeddings"], state.refresh_log, settings, parts)


def start_host(
    state: StateFolder, port: int, settings: dict[str, str], func: str | None, parts: ExitStack, app: Path = ROOT
) -> "subprocess.Popen[bytes]":
    """The built-in host, or Core Tools where func names them; parts stops it. app: where the functions are."""
    if func is None:
        command = [sys.executable, "-m", "local.functions_host", "--script-root", str(app), "--port", str(port)]
        command += ["--state-file", str(state.timers), "--die-with-parent"]
        return _start_part(command, state.host_log, settings, parts)
    write_local_settings(ROOT / "local.settings.json", settings, port)
    in_venv = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": sys.prefix}
    return _start_part([func, "start", "--port", str(port)], state.host_log, in_venv, parts)


def write_local_settings(path: Path, settings: dict[str, str], port: int) -> None:
    """local.settings.json for Core Tools; private, because the database URL in it carries a password."""
    values = {"AzureWebJobsStorage": "", "FUNCTIONS_WORKER_RUNTIME": "python", **settings}
    # Timers keep their times in a storage account, which a laptop has not; by hand they run all the same.
    values |= {f"AzureWebJobs.{timer}.Disabled": "true" for timer in TIMERS}
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"IsEncrypted": False, "Values": values, "Host": {"LocalHttpPort": port}}, file, indent=2)


def answers(port: int) -> bool:
    """Whether the application on the port says that it is ready."""
    import urllib.request  # late: the parts load their libraries meanwhile

    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10):
            return True
    except OSError:  # nobody listens yet, or 503
        return False


def listens(port: int) -> bool:
    """Whether somebody listens on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _start_service(
    module: str, state: StateFolder, port: int, log: Path, parts: ExitStack
) -> "subprocess.Popen[bytes]":
    """A program of local/service_process.py."""
    command = [sys.executable, "-m", module, "--state", str(state.path), "--port", str(port), "--die-with-parent"]
    return _start_part(command, log, {}, parts)


def _start_part(
    command: Sequence[str], log: Path, settings: dict[str, str], parts: ExitStack
) -> "subprocess.Popen[bytes]":
    # A second start is meant to be quick, also for who keeps Python from writing bytecode elsewhere.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with open_log(log, "wb") as output:
        child = start_child(
            command, cwd=ROOT, env=environ | settings, stdout=output, stderr=output, death_signal=signal.SIGKILL
        )
    parts.callback(stop_child, child, signal.SIGTERM, STOP_SECONDS)
    return child
