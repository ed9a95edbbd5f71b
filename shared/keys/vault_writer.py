"""Where secrets are kept, for who brings new versions and ends old ones. Servers have no right to."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from shared.errors import SecretUnavailable
from shared.keys.private_file import held, write_private
from shared.settings import Settings
from shared.vault import FileSource, KeyVaultSource, Secret, SecretSource, key_vault_client, secret_of

KEPT_VERSIONS = 50
"""Of a name in a file; disabled ones beyond that are forgotten."""

type Listed = list[dict[str, Any]]


class WritableSource(SecretSource, Protocol):
    """A source whose versions can be changed. All raise SecretUnavailable where that fails."""

    async def add(self, name: str, value: str) -> Secret:
        """A new version, disabled: nobody reads it yet."""

    async def enable(self, secret: Secret) -> None:
        """From now on readers are given it."""

    async def disable(self, secret: Secret) -> None:
        """Readers are given it no more, once they have asked anew."""


class WritableKeyVault(KeyVaultSource):
    """Azure Key Vault. The identity needs the rights to set and update secrets beside those to list and get them."""

    async def add(self, name: str, value: str) -> Secret:
        """See WritableSource. A version whose answer gets lost stays disabled for ever."""
        async with self._answered(name):
            return secret_of(name, await (await self._opened()).set_secret(name, value, enabled=False))

    async def enable(self, secret: Secret) -> None:
        """See WritableSource."""
        await self._update(secret, enabled=True)

    async def disable(self, secret: Secret) -> None:
        """See WritableSource."""
        await self._update(secret, enabled=False)

    async def _update(self, secret: Secret, *, enabled: bool) -> None:
        async with self._answered(secret.name):
            client = await self._opened()
            await client.update_secret_properties(secret.name, secret.version, enabled=enabled)

    @asynccontextmanager
    async def _answered(self, name: str) -> AsyncIterator[None]:
        from azure.core.exceptions import AzureError, ResourceExistsError

        try:
            async with asyncio.timeout(self._read_seconds):
                yield
        except ResourceExistsError as error:
            raise SecretUnavailable(f"secret {name} is deleted and has to be recovered first") from error
        except (AzureError, TimeoutError, ValueError) as error:  # ValueError: the challenge names another vault
            raise SecretUnavailable(f"Key Vault does not change secret {name}: {type(error).__name__}") from error


class WritableFile(FileSource):
    """A laptop's file."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(path)
        self._clock = clock

    async def add(self, name: str, value: str) -> Secret:
        """See WritableSource."""
        secret = Secret(name, value, secrets.token_hex(16), self._clock())
        new = {"version": secret.version, "value": value, "created": secret.created, "enabled": False}
        with self._versions(name) as listed:
            listed.insert(0, new)
            listed[:] = [each for at, each in enumerate(listed) if at < KEPT_VERSIONS or each.get("enabled", True)]
        return secret

    async def enable(self, secret: Secret) -> None:
        """See WritableSource."""
        self._set(secret, enabled=True)

    async def disable(self, secret: Secret) -> None:
        """See WritableSource."""
        self._set(secret, enabled=False)

    def _set(self, secret: Secret, *, enabled: bool) -> None:
        with self._versions(secret.name) as listed:
            found = [each for each in listed if each["version"] == secret.version]
            if not found:
                raise SecretUnavailable(f"the secrets file has no version {secret.version} of {secret.name}")
            found[0]["enabled"] = enabled

    @contextmanager
    def _versions(self, name: str) -> Iterator[Listed]:
        """All of a secret, to be changed in place."""
        try:
            with held(self._path):
                document = self._document()
                yield document.setdefault(name, [])
                write_private(self._path, document)
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            # Its kind only: a JSON error carries the whole document.
            raise SecretUnavailable(f"the secrets file cannot be changed: {type(error).__name__}") from None


def open_writable_source(settings: Settings) -> WritableSource:
    """The one that these settings name, by the identity that may change it."""
    if settings.key_vault_url:
        return WritableKeyVault(partial(key_vault_client, settings.key_vault_url, settings.keys_client_id))
    return WritableFile(Path(settings.secrets_file or ""))
