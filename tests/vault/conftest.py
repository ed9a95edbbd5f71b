"""One emulated vault for all tests of a session; each test finds it empty and well."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.asgi_server import serving
from local.certificate import self_signed
from tests.vault.served_vault import ServedVault


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedVault]:
    tls = self_signed(tmp_path_factory.mktemp("tls"))
    emulator = ServedVault()
    emulator.certificate = tls.certificate
    with serving(emulator, tls=tls) as emulator.url:
        yield emulator


@pytest.fixture
def key_vault(served: ServedVault) -> ServedVault:
    served.live.clear()
    served.deleted.clear()
    served.requests.clear()
    served.down = served.hanging = served.unknown_is_404 = False
    served.throttled, served.retry_after = 0, 1
    return served


@pytest.fixture
def secrets_file(tmp_path: Path) -> Path:
    file = tmp_path / "secrets.json"
    file.touch(mode=0o600)
    return file
