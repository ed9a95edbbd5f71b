"""Azurite, Microsoft's stand-in for Azure Blob Storage, with one container in it.

package.json gives it older releases of what it never needs here, telemetry and a client of SQL Server: three of four
files that npm installs are otherwise theirs.
"""

import base64
import hashlib
import hmac
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import httpx2
from obstore.store import AzureStore

from local.node import NODE, installed_packages
from shared.backups.blob_store import BlobStore
from tests.processes import eventually

ACCOUNT, CONTAINER = "devstoreaccount1", "backups"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's own, which its documentation tells everybody."""


@contextmanager
def running_azurite(folder: Path) -> Iterator[str]:
    """The URL of its account, which has the container."""
    script = installed_packages(Path(__file__).parent) / "azurite" / "dist" / "src" / "blob" / "main.js"
    log = folder / "azurite.log"
    options = ["--blobPort", "0", "--location", str(folder), "--skipApiVersionCheck", "--disableTelemetry"]
    with (
        log.open("wb") as output,
        subprocess.Popen([NODE, script, *options], stdout=output, stderr=output, stdin=subprocess.DEVNULL) as child,
    ):
        try:
            listening = eventually(lambda: re.search(r"listens on (http\S+)", log.read_text()), "Azurite", 30)
            assert listening
            url = f"{listening[1]}/{ACCOUNT}"
            _make_container(url)
            yield url
        finally:
            child.terminate()


def container_of(url: str) -> BlobStore:
    """A managed identity there is none of on a laptop, so the key."""
    options = {"allow_http": True}
    return BlobStore(
        AzureStore(CONTAINER, account_name=ACCOUNT, account_key=KEY, endpoint=url, client_options=options)  # type: ignore[arg-type]
    )


def _make_container(url: str) -> None:
    """As the owner of the account does once; the store itself never makes one."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    canonical = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    text = f"PUT{'\n' * 12}{canonical}/{ACCOUNT}/{ACCOUNT}/{CONTAINER}\nrestype:container"
    mac = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    headers["authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(mac).decode()}"
    httpx2.put(f"{url}/{CONTAINER}?restype=container", headers=headers).raise_for_status()
