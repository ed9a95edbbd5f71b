"""Verifies the newest backup with what the settings name, and deletes those that nobody needs once one has held."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from shared.backups.archive import open_archive
from shared.backups.listing import the_newest
from shared.backups.prune import prune_backups
from shared.backups.restore import Show
from shared.backups.verification import Verification
from shared.backups.verify import Ground, verify_backup
from shared.database.pool import database_password
from shared.errors import BackupRefused, SettingsError
from shared.settings import Settings

log = logging.getLogger(__name__)

OLDEST = timedelta(hours=26)
"""An older backup as the newest one says that none are made."""


async def verify_newest_as_set(settings: Settings) -> None:
    """The timer's run. Raises BackupRefused where the newest backup does not hold, is none, or is too old."""
    report = await verify_as_set(settings, None)
    if report is None:
        return
    if report.problem is not None:
        raise BackupRefused(f"{report.id} does not hold: {report.problem}")
    async with open_archive(settings) as archive:
        gone = await asyncio.to_thread(
            prune_backups, archive.store, archive.keys, keep_days=settings.backup_retention_days
        )
    for each in gone:
        log.info("backup %s is deleted: %s", each.id, each.reason)


async def verify_as_set(
    settings: Settings, backup_id: str | None, show: Show = lambda step, table, done: None
) -> Verification | None:
    """As verify_backup. backup_id: None takes the newest, which must not be old. Raises SettingsError besides."""
    url = settings.verify_database_url
    if url is None:
        raise SettingsError("settings: VERIFY_DATABASE_URL is missing, so this process has no database to restore into")
    async with open_archive(settings) as archive:
        if backup_id is None:
            newest = await asyncio.to_thread(the_newest, archive.store, archive.keys)
            if datetime.now(UTC) - newest.taken_at > OLDEST:
                raise BackupRefused(f"the newest backup, {newest.id}, is older than {OLDEST // timedelta(hours=1)} h")
            backup_id = newest.id
        app_url = _same_place(settings.app_database_url, url)

        async def app_token() -> str:  # after a restore, in the thread of the verification
            return await database_password(app_url, settings.azure_client_id) or ""

        ground = Ground(
            url=url,
            password=await database_password(url, settings.backup_client_id),
            app_url=app_url,
            app_token=None if urlsplit(app_url).password else app_token,
        )
        return await asyncio.to_thread(verify_backup, ground, archive.store, archive.keys, backup_id, show)


def _same_place(url: str, place: str) -> str:
    """The login of one URL at the server and database of another."""
    login, at = urlsplit(url), urlsplit(place)
    user = login.netloc.rpartition("@")[0]
    return urlunsplit(at._replace(netloc=f"{user}@{at.netloc.rpartition('@')[2]}"))
