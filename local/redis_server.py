"""A redis-server of this machine as a child process, which can be stopped, frozen and started anew."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from local.asgi_server import LOOPBACK
from local.certificate import Certificate, self_signed
from local.child import start_child, stop_child
from local.postgres import free_port

PROGRAM = "redis-server"
INSTALL = "Redis is not installed; on Debian: apt-get install --no-install-recommends redis-server"
START_SECONDS = 20.0


class RedisMissing(Exception):
    """INSTALL says what to do."""


@dataclass
class RedisServer:
    """Keeps nothing, asks for the password, speaks in the clear and by TLS."""

    program: str
    folder: str
    password: str
    certificate: Certificate
    port: int
    tls_port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """In the clear."""
        return f"redis://{LOOPBACK}:{self.port}"

    @property
    def tls_url(self) -> str:
        """By the name that the certificate has."""
        return f"rediss://localhost:{self.tls_port}"

    def client(self) -> Redis:
        """For who looks into it or changes what is there."""
        return Redis(port=self.port, password=self.password)

    def start(self) -> None:
        """Until it listens."""
        arguments = ["--port", str(self.port), "--bind", LOOPBACK, "--save", "", "--dir", self.folder]
        tls = ["--tls-port", str(self.tls_port), "--tls-auth-clients", "no"]
        tls += ["--tls-cert-file", str(self.certificate.certificate)]
        tls += ["--tls-key-file", str(self.certificate.private_key)]
        self.process = start_child(
            [self.program, *arguments, *tls, "--requirepass", self.password],
            cwd=Path(self.folder),
            env=dict(os.environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            death_signal=signal.SIGTERM,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if time.monotonic() > deadline:
                raise TimeoutError("Redis did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """At once, with all it has."""
        if self.process is not None:
            self.go_on()
            stop_child(self.process, signal.SIGKILL, seconds=10)

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It answers again."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.port)) == 0


@contextmanager
def running_redis(password: str) -> Iterator[RedisServer]:
    """Raises RedisMissing."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise RedisMissing(INSTALL)
    with tempfile.TemporaryDirectory(prefix="zava-redis-") as folder:
        server = RedisServer(program, folder, password, self_signed(Path(folder)), free_port(), free_port())
        server.start()
        try:
            yield server
        finally:
            server.stop()
