"""Any ASGI application on a loopback port, in a thread, with or without TLS."""

import asyncio
import datetime
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
START_SECONDS = 10


@dataclass(frozen=True)
class Certificate:
    """Paths of a PEM certificate, which is its own authority, and of its private key."""

    certificate: Path
    private_key: Path


class AnnouncedServer(uvicorn.Server):
    """A uvicorn server that says when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts as uvicorn does, then calls on_listening."""
        await super().startup(sockets=sockets)
        self._on_listening()


@contextmanager
def serving(app: ASGIApp, *, port: int = 0, tls: Certificate | None = None) -> Iterator[str]:
    """The base URL under which the application answers until the block ends. Port 0 takes a free one."""
    listener = loopback_socket(port)
    listening = threading.Event()
    server = AnnouncedServer(configuration(app, tls), listening.set)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    try:
        if not listening.wait(START_SECONDS):
            raise TimeoutError("the server did not start")
        # A certificate is for a name, and so is the challenge of Key Vault.
        yield base_url(listener) if tls is None else f"https://localhost:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()


def configuration(app: ASGIApp, tls: Certificate | None = None) -> uvicorn.Config:
    """A quiet server that does not wait for idle clients when it stops."""
    return uvicorn.Config(
        app,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=1,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.private_key if tls else None,
    )


def loopback_socket(port: int = 0) -> socket.socket:
    """A bound socket. The protocol is named because uvicorn is an order of magnitude slower without."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return listener


def base_url(listener: socket.socket) -> str:
    """The plain HTTP address of a bound socket."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def self_signed(directory: Path) -> Certificate:
    """Writes a certificate for localhost, good for two days, and its key into the directory."""
    key = ec.generate_private_key(ec.SECP256R1())
    written = Certificate(directory / "localhost.pem", directory / "localhost.key")
    written.certificate.write_bytes(_certificate(key).public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    written.private_key.touch(mode=0o600)
    written.private_key.write_bytes(pem)
    return written


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
