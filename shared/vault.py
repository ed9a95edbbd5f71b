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
from typing import TYPE_CHECKING, Any, Protocol

from shared.components import Component
from shared.errors import SecretUnavailable
from shared.last_good import Clock, Freshness, LastGood
from shared.settings import Settings

if TYPE_CHECKING:  # the Azure libraries take 300 ms to import: not before they are needed
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
    from azure.keyvault.secrets import KeyVaultSecret, SecretProperties
    from azure.keyvault.secrets.aio import SecretClient

FRESHNESS = Freshness(fresh_for=300, renewed_after=60, patience=5, retry_gap=5)
"""A busy instance never waits; one that slept waits for the vault, for what it kept may be withdrawn."""
MOST_VERSIONS = 32
"""Of one secret; older ones are as good as disabled."""
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
    created: float = field(default=0, compare=False)
    """In epoch seconds; 0 where nobody knows, which is long ago."""

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
    """Secrets of a source, asked for every few minutes and kept while the source is down."""

    def __init__(
        self,
        source: SecretSource,
        *,
        freshness: Freshness = FRESHNESS,
        clock: Clock = time.monotonic,
        component: Component | None = None,
    ) -> None:
        self._source = source
        self._component = component or Component("vault")
        self._freshness = freshness
        self._clock = clock
        self._kept: dict[tuple[str, int], LastGood[Sequence[Secret]]] = {}

    async def secret(self, name: str) -> Secret:
        """The newest enabled version; raises SecretUnavailable."""
        return (await self.versions(name, 1))[0]

    async def versions(self, name: str, count: int = MOST_VERSIONS) -> list[Secret]:
        """At least one and at most `count` enabled versions, newest first; raises SecretUnavailable."""
        kept = self._last_good(name, count)
        # A source that says "none" is not down: the secret was withdrawn, and what was read before with it.
        return _some(name, await kept.value() or await kept.renewed())

    async def renewed(self, name: str) -> list[Secret]:
        """The same as the source has them now, or a few seconds ago: for who finds that they do not hold."""
        return _some(name, await self._last_good(name, MOST_VERSIONS).renewed())

    async def close(self) -> None:
        """Ends what is under way and closes the source."""
        for kept in self._kept.values():
            await kept.close()
        await self._source.close()

    def _last_good(self, name: str, count: int) -> LastGood[Sequence[Secret]]:
        if (name, count) not in self._kept:
            read = partial(self._read, name, count)
            self._kept[name, count] = LastGood(read, self._freshness, name=f"secret {name}", clock=self._clock)
        return self._kept[name, count]

    async def _read(self, name: str, count: int) -> Sequence[Secret]:
        try:
            secrets = await self._source.newest(name, count)
        except SecretUnavailable as error:
            self._component.down(type(error.__cause__ or error).__name__)
            raise
        self._component.up()
        return secrets


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
    """A laptop's secrets: JSON {name: [{"version": …, "value": …, "enabled": true, "created": …}, …]}, newest first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def newest(self, name: str, count: int) -> list[Secret]:
        """Reads the whole file: it is small, and it may have changed."""
        try:
            listed = self._document().get(name, [])
            enabled = [each for each in listed if each.get("enabled", True)]
            return [
                Secret(name, str(each["value"]), str(each["version"]), float(each.get("created", 0)))
                for each in enabled[:count]
            ]
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            # Its kind only: a JSON error carries the whole document.
            raise SecretUnavailable(f"the secrets file gives no {name}: {type(error).__name__}") from None

    async def close(self) -> None:
        """Holds nothing open."""

    def _document(self) -> Any:
        return json.loads(_private_text(self._path))


def _some(name: str, secrets: Sequence[Secret]) -> list[Secret]:
    if not secrets:
        raise SecretUnavailable(f"secret {name} has no enabled version")
    return list(secrets)


def open_vault(settings: Settings, component: Component | None = None) -> Vault:
    """The vault these settings name. Nothing is opened before the first secret is asked for.

    component: says whether it is up.
    """
    source: SecretSource = FileSource(Path(settings.secrets_file or ""))
    if settings.key_vault_url:
        source = KeyVaultSource(partial(key_vault_client, settings.key_vault_url, settings.azure_client_id))
    return Vault(source, component=component)


def azure_credential(client_id: str | None, environ: Mapping[str, str] = os.environ) -> "AsyncTokenCredential":
    """The managed identity inside Azure, the developer's own sign-in elsewhere; never one that opens a browser."""
    from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

    if "IDENTITY_ENDPOINT" in environ:  # how App Service and Functions announce a managed identity
        return ManagedIdentityCredential(client_id=client_id)
    return DefaultAzureCredential(exclude_managed_identity_credential=True)


def azure_credential_of_threads(
    client_id: str | None, environ: Mapping[str, str] = os.environ
) -> "ManagedIdentityCredential | DefaultAzureCredential":
    """The same for libraries that wait in a thread."""
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

    if "IDENTITY_ENDPOINT" in environ:
        return ManagedIdentityCredential(client_id=client_id)
    return DefaultAzureCredential(exclude_managed_identity_credential=True)


@asynccontextmanager
async def key_vault_client(vault_url: str, client_id: str | None) -> AsyncIterator["SecretClient"]:
    """The real client, by the identity of that client id."""
    from azure.keyvault.secrets.aio import SecretClient

    credential = azure_credential(client_id)
    async with credential, SecretClient(vault_url, credential, connection_timeout=3, read_timeout=5) as client:
        yield client


async def _newest_versions(client: "SecretClient", name: str, count: int) -> list[Secret]:
    listed = [each async for each in client.list_properties_of_secret_versions(name) if each.enabled]
    # The vault counts whole seconds; the version decides between two of one second, for all instances alike.
    listed.sort(key=lambda each: (created(each), each.version or ""), reverse=True)
    found = await asyncio.gather(*(client.get_secret(name, each.version) for each in listed[:count]))
    return [secret_of(name, each) for each in found]


def secret_of(name: str, found: "KeyVaultSecret") -> Secret:
    """A version as Key Vault gives it."""
    return Secret(name, found.value or "", found.properties.version or "", created(found.properties))


def created(properties: "SecretProperties") -> float:
    """In epoch seconds."""
    return properties.created_on.timestamp() if properties.created_on else 0


def _private_text(path: Path) -> str:
    """The file's text, unless others than its owner may touch it (POSIX; Windows inherits the folder's rights)."""
    with path.open(encoding="utf-8") as file:
        mode = os.fstat(file.fileno()).st_mode  # of the file that was opened, not of what the path names by now
        if os.name == "posix" and stat.S_IMODE(mode) & PRIVATE_TO_OWNER:
            raise SecretUnavailable("the secrets file is open to others than its owner: chmod 600 it")
        return file.read()
