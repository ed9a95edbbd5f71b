"""Proves that a backup restores: into a database for verification, which is emptied behind it.

What a restore compares is compared there, and that tenants are isolated in what was restored is proven anew, with rows.
The login `zava_verify` may connect to such a database and to no other (sql/verification.sql), so what is written over
is nobody's.
"""

import asyncio
import base64
import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from psycopg import sql

from shared.backups.blob_store import BlobStore
from shared.backups.connection import Connection, connected
from shared.backups.restore import Show, restore_backup
from shared.backups.selection import EMPTIED, qualified
from shared.backups.signature import Keys
from shared.backups.verification import Outcome, Verification, write_verification
from shared.database.pool import AccessTokenSource, connect
from shared.database.schema import install_signing_key
from shared.errors import BackupRefused, OtherRelease
from shared.isolation.attestation import Attestation, attest
from shared.isolation.canary_rows import with_rows
from shared.rls_context import SIGNING_KEY
from shared.vault import Secret

log = logging.getLogger(__name__)

VERIFY_LOCK = 0x7A617662
"""Advisory lock of a run, in the database for verification."""

LOGIN = "zava_verify"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The database for verification, as two logins see it. A password: where the URL has none."""

    url: str = field(repr=False)
    """Of zava_verify."""
    password: str | None = field(default=None, repr=False)
    app_url: str = field(repr=False)
    """Of zava_app."""
    app_token: AccessTokenSource | None = None


def verify_backup(
    ground: Ground, store: BlobStore, keys: Keys, backup_id: str, show: Show = lambda step, table, done: None
) -> Verification | None:
    """The report, which is then beside the backup; None where another run is at work.

    A backup that does not hold has a report, too. Raises OtherRelease where nothing in it is wrong but the time: it is
    from before the last deploy. Raises BackupRefused where the ground is none, BackupStoreDown and psycopg's errors:
    then nobody knows.
    """
    with connected(ground.url, ground.password) as connection:
        _check_ground(connection)
        if connection.execute("SELECT pg_try_advisory_lock(%s)", (VERIFY_LOCK,)).fetchone() != (True,):
            log.info("verification: another run is at work")
            return None
        report = _report(ground, connection, store, keys, backup_id, show)
    write_verification(store, report, keys)
    if report.holds:
        log.info("backup %s is verified: %d rows, %.1f s", report.id, report.rows, report.seconds)
    else:
        log.error("backup %s does NOT hold: %s", report.id, report.problem)
    return report


def _check_ground(connection: Connection) -> None:
    if connection.execute("SELECT session_user::text").fetchone() != (LOGIN,):
        raise BackupRefused(f"only {LOGIN} verifies: it can connect to no database but those for verification")
    connection.execute("SET ROLE zava_owner")


def _report(
    ground: Ground, connection: Connection, store: BlobStore, keys: Keys, backup_id: str, show: Show
) -> Verification:
    began, now = time.monotonic(), datetime.now(UTC)
    with _emptied_behind(connection):
        try:
            manifest = restore_backup(ground.url, ground.password, store, keys, backup_id, overwrite=True, show=show)
        except OtherRelease:
            raise OtherRelease(
                f"{backup_id} is not verified, and may well hold: it is of another release than the database for"
                " verification. Behind a deploy, run migrate --for-verification and back up first"
            ) from None
        except BackupRefused as refusal:
            seconds = time.monotonic() - began
            return Verification(id=backup_id, verified_at=now, seconds=seconds, problem=str(refusal))
        attestation = _attestation(ground, connection)
    return Verification(
        id=backup_id,
        verified_at=now,
        seconds=time.monotonic() - began,
        rows=manifest.rows,
        problem=f"isolation is not proven: {attestation.findings[0]}" if attestation.findings else None,
        checks=tuple(Outcome.model_validate(check) for check in attestation.report()["checks"]),
    )


def _attestation(ground: Ground, connection: Connection) -> Attestation:
    """With a key of its own: no backup has the server's, and they stay where they are."""
    value = secrets.token_bytes(32)
    key = Secret(SIGNING_KEY, base64.b64encode(value).decode(), "verification")
    install_signing_key(connection, key.version, value)

    async def attested() -> Attestation:
        async with await connect(ground.app_url, ground.app_token) as app:
            return await attest(app, [key])

    return with_rows(asyncio.run(attested()), ground.url, ground.password)


@contextmanager
def _emptied_behind(connection: Connection) -> Iterator[None]:
    """What was restored is the data of customers: a second copy has no business there."""
    try:
        yield
    finally:
        if not connection.closed:
            tables = sql.SQL(", ").join(map(qualified, sorted(EMPTIED | {"access.signing_keys"})))
            connection.execute(sql.SQL("TRUNCATE {}").format(tables))
