"""Deletes backups that nobody needs any more, and never what one that is kept builds on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.backups.blob_store import BlobStore
from shared.backups.listing import Listed, listed_backups
from shared.backups.manifest import MANIFEST, Manifest, taken_at_of
from shared.backups.signature import Keys

KEEP_DAYS = 30
AT_WORK = timedelta(hours=26)
"""A folder without a manifest may be a run at work; one as old as that is not."""


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """What goes, and why."""

    id: str
    reason: str


def prune_backups(
    store: BlobStore,
    keys: Keys,
    *,
    keep_days: int = KEEP_DAYS,
    dry_run: bool = False,
    now: datetime | None = None,
    show: Callable[[Pruned], None] = lambda each: None,
) -> list[Pruned]:
    """What was deleted, newest first; with dry_run what would be.

    Kept are backups of the last days, the newest one, the newest that was verified, and all that these build on; and
    what has a manifest that does not hold, for somebody has to look at it. An increment goes before what it builds
    on, a manifest before its parts: whoever stops it leaves nothing that could be taken for a backup. Raises
    BackupStoreDown.
    """
    gone = _unneeded(list(listed_backups(store, keys)), keep_days, now or datetime.now(UTC))
    for each in gone:
        show(each)
        if not dry_run:
            store.remove(each.id, MANIFEST)
    return gone


def _unneeded(backups: Sequence[Listed], keep_days: int, now: datetime) -> list[Pruned]:
    """backups: newest first."""
    good = {each.id: each.manifest for each in backups if each.manifest}
    kept = _with_bases(_kept([each for each in backups if each.manifest], now - timedelta(days=keep_days)), good)
    gone = []
    for each in backups:
        age = now - taken_at_of(each.id)
        if each.manifest and each.id not in kept:
            gone.append(Pruned(id=each.id, reason=f"{age.days} days old"))
        elif each.unfinished and age > max(AT_WORK, timedelta(days=keep_days)):
            gone.append(Pruned(id=each.id, reason="its run did not end"))
    return gone


def _kept(good: Sequence[Listed], since: datetime) -> Iterator[str]:
    yield from (each.id for each in good[:1])
    yield from (each.id for each in good if taken_at_of(each.id) >= since)
    yield from (each.id for each in [each for each in good if each.verification and each.verification.holds][:1])


def _with_bases(kept: Iterable[str], good: Mapping[str, Manifest]) -> set[str]:
    found: set[str] = set()
    for each in kept:
        link: str | None = each
        while link is not None and link in good and link not in found:
            found.add(link)
            link = good[link].base
    return found
