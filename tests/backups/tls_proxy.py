"""PostgreSQL behind TLS: the server of the tests speaks plainly, and this in front of it does not."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local.certificate import Certificate

SSL_REQUEST = 80877103
"""Of the frontend/backend protocol; other requests of eight bytes ask for what this has not."""


class TlsProxy:
    """certificate: shown to who comes from now on."""

    def __init__(self, server_port: int, certificate: Certificate) -> None:
        self.certificate = certificate
        self.encrypted = 0
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def accept_until_closed(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            while struct.unpack("!ii", client.recv(8, socket.MSG_WAITALL)) != (8, SSL_REQUEST):
                client.sendall(b"N")
            client.sendall(b"S")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate.certificate, self.certificate.private_key)
            with (
                context.wrap_socket(client, server_side=True) as encrypted,
                socket.create_connection(("127.0.0.1", self._server_port)) as server,
            ):
                self.encrypted += 1
                back = threading.Thread(target=_pump, args=(server, encrypted), daemon=True)
                back.start()
                _pump(encrypted, server)
                back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(1 << 16):
            target.sendall(some)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def tls_proxy(server_port: int, certificate: Certificate) -> Iterator[TlsProxy]:
    """In front of a server on loopback."""
    proxy = TlsProxy(server_port, certificate)
    thread = threading.Thread(target=proxy.accept_until_closed)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
