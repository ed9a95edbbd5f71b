"""Which backups are in a store, and which of them hold what they promise as far as their manifests say."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.backups.blob_store import BlobStore
from shared.backups.manifest import MANIFEST, Keys, Manifest, is_id, read_manifest
from shared.errors import BackupRefused


@dataclass(frozen=True, kw_only=True)
class Listed:
    """manifest: None for what is no backup, with the problem."""

    id: str
    manifest: Manifest | None = None
    problem: str | None = None


def listed_backups(store: BlobStore, keys: Keys) -> Iterator[Listed]:
    """Newest first. Reads manifests and no part: `restore --check` reads those."""
    for name in sorted(filter(is_id, store.folders()), reverse=True):
        if MANIFEST not in store.names(name):
            yield Listed(id=name, problem="has no manifest: its run did not end, or has not yet")
            continue
        try:
            yield Listed(id=name, manifest=read_manifest(store, name, keys))
        except BackupRefused as refusal:
            yield Listed(id=name, problem=str(refusal))


def newest_complete(store: BlobStore, keys: Keys) -> Manifest | None:
    """The manifest of the newest backup that has a good one."""
    return next((each.manifest for each in listed_backups(store, keys) if each.manifest), None)
