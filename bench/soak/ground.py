"""Two instances of the server and all they need, in a form that can be broken: database, vault, embedder, Redis."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import wait_until
from bench.soak.skew import SkewedClock
from local.asgi_server import LOOPBACK, serving
from local.certificate import self_signed
from local.database import database_urls, ensure_database
from local.ingestion_endpoint import IngestionEndpoint
from local.key_vault import KeyVaultEmulator
from local.parts import (
    ROOT,
    answers,
    application_settings,
    listens,
    start_embedder,
    start_host,
    start_issuer,
    start_refresh,
)
from local.people import LOCAL_TENANT_ID, PEOPLE
from local.postgres import THROWAWAY, EmbeddedPostgres, free_port
from local.progress import RowsBar, step
from local.redis_server import running_redis
from local.state import StateFolder
from local.tokens import load_key, token_for

INSTANCES = 2
REDIS_PASSWORD = "soak-redis-password"  # noqa: S105
VAULT_TOKEN = "soak-vault-token"  # noqa: S105  # of a vault that lives as long as the run


@dataclass
class Instance:
    """One Functions host."""

    url: str
    process: "subprocess.Popen[bytes]"


class Ground:
    """What runs. Its methods break and mend it; call all of them from one thread that lives as long as the ground."""

    def __init__(self, state: StateFolder, parts: ExitStack) -> None:
        self._state = state
        self._parts = parts
        self._key = load_key(state.path)
        self._embedder: subprocess.Popen[bytes] | None = None
        self.clock = SkewedClock(state.path / "clock")
        self.vault = KeyVaultEmulator(token=VAULT_TOKEN)
        self.telemetry = IngestionEndpoint()
        self.server = EmbeddedPostgres(state.postgres, port=free_port(), settings=THROWAWAY)
        self.ports = {"postgres": self.server.port} | {name: free_port() for name in ("issuer", "embedder", "vault")}
        self.instances: list[Instance] = []
        self.urls: dict[str, str] = {}

    def start(self) -> None:
        """From nothing to instances that are ready, with all products embedded. Raises RedisMissing."""
        self.redis = self._parts.enter_context(running_redis(REDIS_PASSWORD))
        self.vault.put("redis-password", REDIS_PASSWORD)
        self._parts.callback(self.server.stop)
        with step("starting PostgreSQL"):
            self.server.start()
        secrets, passwords = self._state.secret_values(), self._state.passwords()
        with RowsBar() as bar:
            ensure_database(
                self.server, signing_keys=secrets["rls-signing-key"], passwords=passwords, full=True, fresh=False,
                progress=bar.show,
            )  # fmt: skip
        self.urls = database_urls(self.server, passwords)
        for name, versions in secrets.items():
            for version in reversed(versions):
                self.vault.put(name, version["value"]).version = version["version"]
        self.vault.time_runs = True  # the first keys are old enough to sign
        with step("starting issuer, vault and embedder"):
            self._serve_vault()
            self.telemetry.url = self._parts.enter_context(serving(self.telemetry))
            start_issuer(self._state, self.ports["issuer"], self._parts)
            wait_until(lambda: listens(self.ports["issuer"]))
            self.start_embedder()
        with step("embedding the products"):
            refresh = start_refresh(self._state, self._settings(free_port()), self._parts)
            if refresh.wait(timeout=300):
                raise RuntimeError(self._state.refresh_log.read_text()[-2000:])
        with step("starting the instances"):
            self.instances = [self._start_instance(number) for number in range(INSTANCES)]

    def token(self, name: str) -> str:
        """A bearer token of one of the local people, good for an hour."""
        return token_for(PEOPLE[name], self._key, authority=f"http://{LOOPBACK}:{self.ports['issuer']}")

    def start_embedder(self) -> None:
        """Until it listens."""
        self._embedder = start_embedder(self._state, self.ports["embedder"], self._parts)
        wait_until(lambda: listens(self.ports["embedder"]))

    def stop_embedder(self) -> None:
        """At once."""
        if self._embedder is not None:
            self._embedder.kill()
            self._embedder.wait()

    def rotate_keys(self) -> bool:
        """Brings a new version of every key into use, whatever the age of the last; False where that failed."""
        command = [sys.executable, "-m", "shared", "rotate-keys", "--now"]
        environ = os.environ | self._settings(free_port())
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, timeout=60)  # noqa: S603  # our own
        return done.returncode == 0

    def _start_instance(self, number: int) -> Instance:
        port = free_port()
        folder = StateFolder(self._state.path / f"instance-{number}")
        folder.path.mkdir(mode=0o711)
        settings = self._settings(port)
        if number:  # one keeps the right time
            settings |= self.clock.environment()
        process = start_host(folder, port, settings, None, self._parts)
        wait_until(lambda: answers(port))
        return Instance(f"http://{LOOPBACK}:{port}", process)

    def _settings(self, port: int) -> dict[str, str]:
        settings = application_settings(self._state, self.urls, self.ports | {"mcp": port})
        del settings["SECRETS_FILE"]
        tools = self._state.path / "bin"
        return settings | {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": self.telemetry.connection_string,
            "KEY_VAULT_URL": f"https://{LOOPBACK}:{self.ports['vault']}",
            "SSL_CERT_FILE": str(self._state.path / "localhost.pem"),
            "REDIS_URL": self.redis.url,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        }

    def _serve_vault(self) -> None:
        """Behind TLS; the application's credential is that of a developer, who is signed in by the Azure CLI."""
        tls = self_signed(self._state.path)
        # The client sends no token to a vault outside the domain that the vault names.
        self.vault.resource = f"https://0.0.1:{self.ports['vault']}"
        self._parts.enter_context(serving(self.vault, port=self.ports["vault"], tls=tls))
        _write_azure_cli(self._state.path / "bin" / "az")


@contextmanager
def prepared_ground() -> Iterator[Ground]:
    """Everything started; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="zava-soak-") as folder, ExitStack() as parts:
        os.chmod(folder, 0o711)  # noqa: S103  # PostgreSQL, not being root, passes through
        ground = Ground(StateFolder(Path(folder)), parts)
        ground.start()
        yield ground


def _write_azure_cli(path: Path) -> None:
    """What `az account get-access-token --output json` prints."""
    token = {"accessToken": VAULT_TOKEN, "expires_on": int(time.time()) + 86_400, "tenant": str(LOCAL_TENANT_ID)}
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\necho '{json.dumps(token | {'expiresOn': '2099-01-01 00:00:00.000000'})}'\n")
    path.chmod(0o755)
