"""The Key Vault emulator behind TLS, and the real Azure client that reads it."""

import time
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken
from azure.keyvault.secrets.aio import SecretClient

from local.key_vault import KeyVaultEmulator
from shared.last_good import Clock
from shared.vault import KeyVaultSource, Vault


class StaticCredential:
    """One token for every scope, and a note of being closed."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.closed = False

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)

    async def close(self) -> None:
        self.closed = True

    async def __aenter__(self) -> "StaticCredential":
        return self

    async def __aexit__(self, *outcome: object) -> None:
        await self.close()


class ServedVault(KeyVaultEmulator):
    """An emulator with its address."""

    url = ""
    certificate = Path()

    def client(self, token: str | None = None, **options: Any) -> SecretClient:
        """The real client. Its own retries are off: they would make each outage last seconds."""
        trusted = {"connection_verify": str(self.certificate), "verify_challenge_resource": False, "retry_total": 0}
        return SecretClient(self.url, StaticCredential(token or self.token), **(trusted | options))

    def vault(self, clock: Clock = time.monotonic, *, read_seconds: float = 10, **client_options: Any) -> Vault:
        """A vault that has read nothing yet."""
        source = KeyVaultSource(lambda: self.client(**client_options), read_seconds=read_seconds)
        return Vault(source, clock=clock)
