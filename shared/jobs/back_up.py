"""Makes and restores backups with what the settings name: login, store and keys, opened for one run."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Protocol

from shared.backups.archive import open_archive
from shared.backups.blob_store import BlobStore
from shared.backups.full import back_up_full
from shared.backups.manifest import Manifest
from shared.backups.run import Show, show_nothing
from shared.backups.signature import Keys
from shared.database.pool import database_password
from shared.errors import SettingsError
from shared.settings import Settings

back_up_full_once = partial(back_up_full, unless_younger_than=timedelta(minutes=1))
"""For a timer, which may fire twice. No longer than that: who runs it by hand wants a backup of now."""


class BackUp(Protocol):
    """back_up_full, back_up_full_once or back_up_incremental."""

    def __call__(
        self,
        database_url: str,
        password: str | None,
        store: BlobStore,
        keys: Keys,
        /,
        *,
        show: Show,
    ) -> Manifest | None:
        """See there."""


async def back_up_as_set(
    settings: Settings,
    back_up: BackUp = back_up_full,
    *,
    show: Show = show_nothing,
) -> Manifest | None:
    """As back_up. Raises SettingsError and SecretUnavailable besides."""
    if settings.backup_database_url is None:
        raise SettingsError("settings: BACKUP_DATABASE_URL is missing, so this process cannot make backups")
    url = settings.backup_database_url
    async with open_archive(settings) as archive:
        password = await database_password(url, settings.backup_client_id)
        return await asyncio.to_thread(
            back_up,
            url,
            password,
            archive.store,
            archive.keys,
            show=show,
        )
