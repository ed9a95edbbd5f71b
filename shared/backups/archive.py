"""Where the settings say that backups are, and what signs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.backups.blob_store import BlobStore, open_blob_store
from shared.backups.signature import SIGNING_KEY, Keys
from shared.errors import SettingsError
from shared.settings import Settings
from shared.vault import Vault, open_vault


@dataclass(frozen=True)
class Archive:
    """Where backups are and what signs them."""

    store: BlobStore
    keys: Keys


@asynccontextmanager
async def open_archive(settings: Settings) -> AsyncIterator[Archive]:
    """For one run, with a vault of its own. Raises SecretUnavailable, and SettingsError where no store is named."""
    vault = open_vault(settings)
    try:
        yield await archive_of(settings, vault)
    finally:
        await vault.close()


async def archive_of(settings: Settings, vault: Vault) -> Archive:
    """Raises as open_archive."""
    if settings.backup_store_url is None:
        raise SettingsError("settings: BACKUP_STORE_URL is missing, so this process has no place for backups")
    keys = {secret.version: secret.key() for secret in await vault.versions(SIGNING_KEY)}
    return Archive(open_blob_store(settings.backup_store_url, settings.backup_client_id), keys)
