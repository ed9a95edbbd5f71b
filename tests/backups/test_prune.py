"""What nobody needs goes; what somebody needs, and all that it builds on, stays."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.backups.blob_store import BlobStore
from shared.backups.listing import listed_backups
from shared.backups.manifest import MANIFEST, Manifest, new_id, write_manifest
from shared.backups.prune import prune_backups
from shared.backups.verification import Verification, write_verification
from tests.backups.conftest import KEYS

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def made(store: BlobStore, days: float, *, base: Manifest | None = None, holds: bool | None = None) -> Manifest:
    """A backup of so many days ago. holds: what its verification said, None where there was none."""
    taken_at = NOW - timedelta(days=days)
    manifest = Manifest(
        id=new_id(taken_at),
        kind="incremental" if base else "full",
        base=base.id if base else None,
        since=base.snapshot if base else None,
        taken_at=taken_at,
        snapshot="1:1:",
        triggers="",
        server_version="18",
        migrations={},
        extensions={},
        sequences=(),
        tables=(),
    )
    store.put(f"{manifest.id}/retail.orders/000001.copy.gz", b"rows")
    write_manifest(store, manifest, KEYS)
    if holds is not None:
        problem = None if holds else "a problem"
        report = Verification(id=manifest.id, verified_at=taken_at, seconds=1, problem=problem)
        write_verification(store, report, KEYS)
    return manifest


def pruned(store: BlobStore, keep_days: int = 30, *, dry_run: bool = False) -> list[str]:
    return [each.id for each in prune_backups(store, KEYS, keep_days=keep_days, dry_run=dry_run, now=NOW)]


def test_old_ones_go_and_what_a_kept_increment_builds_on_stays(store: BlobStore, folder: Path) -> None:
    old = made(store, 50, holds=True)
    older_increment = made(store, 49, base=old)
    full = made(store, 40)
    first = made(store, 35, base=full)
    beside = made(store, 34, base=first)
    second = made(store, 29, base=first)
    newest = made(store, 1, holds=True)
    assert pruned(store, dry_run=True) == [beside.id, older_increment.id, old.id]
    assert len(list(folder.iterdir())) == 7
    assert pruned(store) == [beside.id, older_increment.id, old.id]
    assert sorted(path.name for path in folder.iterdir()) == sorted(each.id for each in (full, first, second, newest))
    assert pruned(store) == []


def test_the_newest_and_the_newest_that_was_verified_stay_however_old(store: BlobStore) -> None:
    verified = made(store, 300, holds=True)
    refuted = made(store, 200, holds=False)
    unseen = made(store, 150)
    newest = made(store, 100)
    assert pruned(store, 0) == [unseen.id, refuted.id]
    assert {each.id for each in listed_backups(store, KEYS)} == {verified.id, newest.id}


def test_what_does_not_hold_is_left_to_somebody_and_a_run_at_work_alone(store: BlobStore, folder: Path) -> None:
    made(store, 1)
    broken = made(store, 90)
    (folder / broken.id / MANIFEST).write_bytes(b"x")
    unfinished = [new_id(NOW - timedelta(hours=hours)) for hours in (1, 25, 27)]
    for each in unfinished:
        store.put(f"{each}/retail.orders/000001.copy.gz", b"rows")
    assert pruned(store) == []
    assert pruned(store, 0) == [unfinished[2]]
    assert pruned(store, 0) == []


def test_with_other_keys_nothing_goes(store: BlobStore) -> None:
    for days in (100, 200, 300):
        made(store, days, holds=True)
    assert prune_backups(store, {"another": b"k" * 32}, keep_days=1, now=NOW) == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_there_is_each_kept_increment_has_all_that_it_builds_on(store: BlobStore, seed: int) -> None:
    dice = random.Random(seed)
    backups: list[Manifest] = []
    verified: list[Manifest] = []
    for days in sorted(dice.sample(range(1, 100), 12), reverse=True):
        holds = dice.choice([None, None, True, False])
        backups.append(made(store, days, base=dice.choice([None, *backups]), holds=holds))
        verified += [backups[-1]] if holds else []
    keep_days = dice.randrange(60)
    gone = set(pruned(store, keep_days))
    left = {each.id: each for each in backups if each.id not in gone}
    assert {each.id for each in listed_backups(store, KEYS)} == left.keys()
    assert all(each.base in left for each in left.values() if each.base)
    needed = {backups[-1].id, *(each.id for each in verified[-1:])}
    needed |= {each.id for each in backups if each.taken_at >= NOW - timedelta(days=keep_days)}
    assert needed <= left.keys()
    # And nothing but what is needed, or needed by that.
    bases = {each.base for each in left.values()}
    assert left.keys() <= needed | bases
