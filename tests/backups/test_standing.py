"""Which backup is the last one, and which the last that was restored and held."""

import random
from datetime import timedelta
from pathlib import Path

from shared.backups.blob_store import BlobStore
from shared.backups.listing import listed_backups
from shared.backups.manifest import MANIFEST, new_id
from shared.backups.standing import LOOKED_AT, standing_of
from shared.backups.verification import REPORT
from tests.backups.conftest import KEYS
from tests.backups.test_prune import NOW, made


def test_an_empty_store_has_neither(store: BlobStore) -> None:
    standing = standing_of(store, KEYS)
    assert (standing.last, standing.last_verified, standing.failed) == (None, None, None)


def test_it_says_the_same_as_the_whole_list_whatever_is_in_the_store(store: BlobStore, folder: Path) -> None:
    choice = random.Random(20)
    for days in range(60, 0, -1):
        backup = made(store, days, holds=choice.choice([None, None, None, True, False]))
        match choice.randrange(6):
            case 0:
                (folder / backup.id / MANIFEST).unlink()  # its run did not end
            case 1:
                for name in (MANIFEST, REPORT):  # whoever wrote these has not the key
                    path = folder / backup.id / name
                    path.write_bytes((path.read_bytes() if path.exists() else b"{}").replace(b"0", b"1"))
        listed = list(listed_backups(store, KEYS))
        good = [each.manifest for each in listed if each.manifest]
        held = [each for each in listed if each.manifest and each.verification and each.verification.holds]
        failed = [each for each in listed if each.manifest and each.verification and not each.verification.holds]
        standing = standing_of(store, KEYS)
        assert standing.last == (good[0] if good else None)
        assert standing.last_verified == (held[0].verification if held else None)
        newer = failed and (not held or failed[0].id > held[0].id)
        assert standing.failed == (failed[0].verification if newer else None)


def test_it_does_not_look_at_all_there_ever_was(store: BlobStore) -> None:
    made(store, 400, holds=True)
    for number in range(LOOKED_AT):
        store.put(f"{new_id(NOW - timedelta(days=1, hours=number))}/unfinished", b"")
    assert standing_of(store, KEYS).last_verified is None
