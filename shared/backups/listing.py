"""Which backups are in a store, and which of them hold what they promise as far as their manifests say."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.backups.blob_store import BlobStore
from shared.backups.manifest import MANIFEST, Manifest, is_id, read_manifest
from shared.backups.signature import Keys
from shared.backups.verification import REPORT, Verification, read_verification
from shared.errors import BackupRefused


@dataclass(frozen=True, kw_only=True)
class Listed:
    """manifest: None for what is no backup, with the problem. unfinished: for it has no manifest at all.

    verification: of a backup, where there was one.
    """

    id: str
    manifest: Manifest | None = None
    problem: str | None = None
    unfinished: bool = False
    verification: Verification | None = None


def listed_backups(store: BlobStore, keys: Keys) -> Iterator[Listed]:
    """Newest first. Reads manifests and no part: `restore --check` reads those."""
    for name in sorted(filter(is_id, store.folders()), reverse=True):
        names = store.names(name)
        if MANIFEST not in names:
            yield Listed(id=name, problem="has no manifest: its run did not end, or has not yet", unfinished=True)
            continue
        try:
            manifest = read_manifest(store, name, keys)
            report = read_verification(store, name, keys) if REPORT in names else None
            yield Listed(id=name, manifest=manifest, verification=report)
        except BackupRefused as refusal:
            yield Listed(id=name, problem=str(refusal))


def the_newest(store: BlobStore, keys: Keys) -> Manifest:
    """Of either kind, past runs that did not end. Raises BackupRefused where there is none, and where its manifest does
    not hold: who asks for the newest must not be given an older one unnoticed.
    """
    newest = next((each for each in listed_backups(store, keys) if not each.unfinished), None)
    if newest is None:
        raise BackupRefused("there is no backup")
    if newest.manifest is None:
        raise BackupRefused(
            f"the newest backup, {newest.id}, does not hold: {newest.problem}; name an older one by its ID"
        )
    return newest.manifest


def newest_complete(store: BlobStore, keys: Keys, *kinds: str) -> Manifest | None:
    """The manifest of the newest backup that has a good one. kinds: of these alone."""
    manifests = (each.manifest for each in listed_backups(store, keys))
    return next((each for each in manifests if each and (not kinds or each.kind in kinds)), None)
