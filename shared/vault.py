"""The only reader of secrets: a name in, its newest versions out."""

import asyncio
import base64
import json
import os
import stat
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shared.errors import SecretUnavailable
from shared.last_good import Clock, Freshness, LastGood
from shared.settings import Settings

if TYPE_CHECKING:  # the Azure libraries take 300 ms to import: not before they are needed
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.keyvault.secrets.aio import SecretClient

FRESHNESS = Freshness(fresh_for=300, patience=1, retry_gap=5)
READ_SECONDS = 10
KEY_BYTES = 32
PRIVATE_TO_OWNER = 0o077
"""The permission bits that a file of secrets must not have."""


@dataclass(frozen=True)
class Secret:
    """One version of a secret. The value stays out of repr and comparison."""

    name: str
    value: str = field(repr=False, compare=False)
    version: str

    def key(self) -> bytes:
        """The value as a key: 32 bytes in base64; raises SecretUnavailable when it is something else."""
        try:
            key = base64.b64decode(self.value, validate=True)
        except ValueError:
            key = b""  # without the cause: it could quote the value
        if len(key) != KEY_BYTES:
            raise SecretUnavailable(f"secret {self.name} (version {self.version}) is not {KEY_BYTES} bytes in base64")
        return key


class SecretSource(Protocol):
    """Where secrets are kept."""

    async def newest(self, name: str, count: int) -> Sequence[Secret]:
        """The enabled versions, newest first, none when there is none; raises SecretUnavailable when it cannot say."""

    async def close(self) -> None:
        """Releases what the source holds open."""


class Vault:
    """Secrets of a source, asked for at most every five minutes and kept while the source is down."""

    def __init__(
        self, source: SecretSource, *, freshness: Freshness = FRESHNESS, clock: Clock = time.monotonic
    ) -> None:
        self._source = source
        self._freshness = freshness
        self._clock = clock
        self._kept: dict[tuple[str, int], LastGood[Sequence[Secret]]] = {}

    async def secret(self, name: str) -> Secret:
        """The newest enabled version; raises SecretUnavailable."""
        return (await self.versions(name, 1))[0]

    async def versions(self, name: str, count: int = 2) -> list[Secret]:
        """At least one and at most `count` enabled versions, newest first; raises SecretUnavailable."""
        kept = self._kept.get((name, count)) or self._remember(name, count)
        # A source that says "none" is not down: the secret was withdrawn, and what was read before with it.
        secrets = await kept.value() or await kept.renewed()
        if not secrets:
            raise SecretUnavailable(f"secret {name} has no enabled version")
        return list(secrets)

    async def close(self) -> None:
        """Ends what is under way and closes the source."""
        for kept in self._kept.values():
            await kept.close()
        await self._source.close()

    def _remember(self, name: str, count: int) -> LastGood[Sequence[Secret]]:
        read = partial(self._source.newest, name, count)
        kept = self._kept[name, count] = LastGood(read, self._freshness, name=f"secret {name}", clock=self._clock)
        return kept


class KeyVaultSource:
    """Azure Key Vault. open_client: makes the client at the first reading; it is left when the source closes."""

    def __init__(
        self,
        open_client: Callable[[], AbstractAsyncContextManager["SecretClient"]],
        *,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._open_client = open_client
        self._read_seconds = read_seconds
        self._client: SecretClient | None = None
        self._opening = asyncio.Lock()
        self._open = AsyncExitStack()

    async def newest(self, name: str, count: int) -> list[Secret]:
        """Two round trips: the list of versions, then the values together."""
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            # The client waits as long as a Retry-After says, so the limit is set here.
            async with asyncio.timeout(self._read_seconds):
                return await _newest_versions(await self._opened(), name, count)
        except ResourceNotFoundError:
            return []
        except (AzureError, TimeoutError, ValueError) as error:  # ValueError: the challenge names another vault
            raise SecretUnavailable(f"Key Vault does not give secret {name}") from error

    async def close(self) -> None:
        """Closes the client."""
        await self._open.aclose()

    async def _opened(self) -> "SecretClient":
        async with self._opening:
            if self._client is None:
                self._client = await self._open.enter_async_context(self._open_client())
            return self._client


class FileSource:
    """A laptop's secrets: JSON {name: [{"version": …, "value": …, "enabled": true}, …]}, newest version first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def newest(self, name: str, count: int) -> list[Secret]:
        """Reads the whole file: it is small, and it may have changed."""
        try:
            listed = json.loads(_private_text(self._path)).get(name, [])
            enabled = [each for each in listed if each.get("enabled", True)]
            return [Secret(name, str(each["value"]), str(each["version"])) for each in enabled[:count]]
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            # Its kind only: a JSON error carries the whole document.
            raise SecretUnavailable(f"the secrets file gives no {name}: {type(error).__name__}") from None

    async def close(self) -> None:
        """Holds nothing open."""


def open_vault(settings: Settings) -> Vault:
    """The vault these settings name. Nothing is opened before the first secret is asked for."""
    if settings.key_vault_url:
        return Vault(KeyVaultSource(partial(_key_vault_client, settings.key_vault_url, settings.azure_client_id)))
    return Vault(FileSource(Path(settings.secrets_file or "")))


def azure_credential(client_id: str | None, environ: Mapping[str, str] = os.environ) -> "AsyncTokenCredential":
    """The managed identity inside Azure, the developer's own sign-in elsewhere; never one that opens a browser."""
    from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

    if "IDENTITY_ENDPOINT" in environ:  # how App Service and Functions announce a managed identity
        return ManagedIdentityCredential(client_id=client_id)
    return DefaultAzureCredential(exclude_managed_identity_credential=True)


@asynccontextmanager
async def _key_vault_client(vault_url: str, client_id: str | None) -> AsyncIterator["SecretClient"]:
    from azure.keyvault.secrets.aio import SecretClient

    credential = azure_credential(client_id)
    async with credential, SecretClient(vault_url, credential, connection_timeout=3, read_timeout=5) as client:
        yield client


async def _newest_versions(client: "SecretClient", name: str, count: int) -> list[Secret]:
    listed = [each async for each in client.list_properties_of_secret_versions(name) if each.enabled]
    listed.sort(key=lambda each: each.created_on.timestamp() if each.created_on else 0, reverse=True)
    found = await asyncio.gather(*(client.get_secret(name, each.version) for each in listed[:count]))
    return [Secret(name, each.value or "", each.properties.version or "") for each in found]


def _private_text(path: Path) -> str:
    """The file's text, unless others than its owner may touch it (POSIX; Windows inherits the folder's rights)."""
    with path.open(encoding="utf-8") as file:
        mode = os.fstat(file.fileno()).st_mode  # of the file that was opened, not of what the path names by now
        if os.name == "posix" and stat.S_IMODE(mode) & PRIVATE_TO_OWNER:
            raise SecretUnavailable("the secrets file is open to others than its owner: chmod 600 it")
        return file.read()
