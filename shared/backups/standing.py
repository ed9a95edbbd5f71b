"""How the backups stand: the last one, and the last one that was restored somewhere and held."""

from dataclasses import dataclass

from shared.backups.blob_store import BlobStore
from shared.backups.manifest import Manifest, is_id, read_manifest
from shared.backups.signature import Keys
from shared.backups.verification import Verification, read_verification
from shared.errors import BackupRefused

LOOKED_AT = 200
"""Of the newest: more than a week, where one is made each hour."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """failed: the report of the newest backup that was verified and does not hold, where last_verified is older."""

    last: Manifest | None = None
    last_verified: Verification | None = None
    failed: Verification | None = None


def standing_of(store: BlobStore, keys: Keys) -> Standing:
    """Reads the newest manifest and the reports down to the newest good one. Raises BackupStoreDown."""
    newest = sorted(filter(is_id, store.folders()), reverse=True)[:LOOKED_AT]
    last = next((manifest for each in newest if (manifest := _manifest(store, each, keys))), None)
    failed = None
    for each in newest:
        report = read_verification(store, each, keys)
        if report is None or _manifest(store, each, keys) is None:
            continue
        if report.holds:
            return Standing(last=last, last_verified=report, failed=failed)
        failed = failed or report
    return Standing(last=last, failed=failed)


def _manifest(store: BlobStore, backup_id: str, keys: Keys) -> Manifest | None:
    try:
        return read_manifest(store, backup_id, keys)
    except BackupRefused:
        return None
