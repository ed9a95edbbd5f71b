"""What is not as it was signed is found before anything is written, whatever was done to it."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.backups.blob_store import BlobStore, open_blob_store
from shared.backups.listing import listed_backups, newest_complete
from shared.backups.manifest import Manifest, read_manifest, write_manifest
from shared.backups.restore import check_backup, restore_backup
from shared.errors import BackupRefused
from tests.backups.conftest import KEYS, contents
from tests.conftest import Database

type Kept = tuple[Path, Manifest]


@pytest.fixture
def copy(kept: Kept, folder: Path) -> Path:
    """The files of a backup of one's own."""
    path, made = kept
    shutil.copytree(path, folder)
    return folder / made.id


def refused(store: BlobStore, kept: Kept) -> str:
    with pytest.raises(BackupRefused) as refusal:
        check_backup(store, KEYS, kept[1].id)
    return str(refusal.value)


def parts_of(made: Manifest, table: str) -> list[str]:
    return [part.name for each in made.tables if each.name == table for part in each.parts]


def test_what_nobody_touched_holds(copy: Path, store: BlobStore, kept: Kept) -> None:
    assert check_backup(store, KEYS, kept[1].id) == kept[1]


def test_one_changed_byte_anywhere_is_found(copy: Path, store: BlobStore, kept: Kept) -> None:
    """Fifty of each: any bit of any byte, of the parts by their length, and of the manifest."""
    dice = random.Random(8)
    parts = sorted(copy.rglob("*.gz"))
    sizes = [path.stat().st_size for path in parts]
    chosen = dice.choices(parts, sizes, k=50) + [copy / "manifest.json"] * 50
    for path in chosen:
        before = path.read_bytes()
        changed = bytearray(before)
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        path.write_bytes(changed)
        assert refused(store, kept)
        path.write_bytes(before)
    assert check_backup(store, KEYS, kept[1].id) == kept[1]


def test_a_part_or_manifest_cut_short_is_found(copy: Path, store: BlobStore, kept: Kept) -> None:
    dice = random.Random(9)
    for path in sorted(copy.rglob("*.gz")) + [copy / "manifest.json"] * 20:
        before = path.read_bytes()
        path.write_bytes(before[: dice.randrange(len(before))])
        assert refused(store, kept)
        path.write_bytes(before)


def test_bytes_behind_a_part_are_found(copy: Path, store: BlobStore, kept: Kept) -> None:
    path = copy / parts_of(kept[1], "retail.orders")[0]
    path.write_bytes(path.read_bytes() + b"\0")
    assert "larger than it was" in refused(store, kept)


def test_each_missing_part_is_found_and_a_missing_manifest_is_no_backup(
    copy: Path, store: BlobStore, kept: Kept
) -> None:
    for path in sorted(copy.rglob("*.gz")):
        moved = path.rename(path.with_suffix(".away"))
        assert "is missing" in refused(store, kept)
        moved.rename(path)
    (copy / "manifest.json").unlink()
    assert "manifest.json is missing" in refused(store, kept)
    assert newest_complete(store, KEYS) is None
    [listed] = listed_backups(store, KEYS)
    assert listed.problem == "has no manifest: its run did not end, or has not yet"


def test_parts_in_each_others_place_are_found(copy: Path, store: BlobStore, kept: Kept) -> None:
    one, other = (copy / parts_of(kept[1], name)[0] for name in ("retail.orders", "retail.order_items"))
    aside = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(aside)
    assert refused(store, kept)


def test_a_manifest_in_another_backups_place_is_found(copy: Path, store: BlobStore, kept: Kept) -> None:
    """As for who would have an older backup taken for the newest one."""
    other = "29990101T000000Z-00000000"
    shutil.copytree(copy, copy.parent / other)
    with pytest.raises(BackupRefused, match="another backup's"):
        check_backup(store, KEYS, other)
    newest = newest_complete(store, KEYS)
    assert newest is not None
    assert newest.id == kept[1].id


def _other_rows(said: dict[str, object]) -> None:
    said["tables"][0]["rows"] = 0  # type: ignore[index]


def _no_parts(said: dict[str, object]) -> None:
    said["tables"][0] |= {"rows": 0, "parts": []}  # type: ignore[index]


def _fewer_tables(said: dict[str, object]) -> None:
    said["tables"] = said["tables"][1:]  # type: ignore[index]


@pytest.mark.parametrize("forge", [_other_rows, _no_parts, _fewer_tables, lambda said: None])
@pytest.mark.parametrize("signature", ["old", "own key", "unknown key", "none", "not ASCII"])
def test_a_forged_manifest_is_found(
    copy: Path, store: BlobStore, kept: Kept, forge: Callable[[dict[str, object]], None], signature: str
) -> None:
    path = copy / "manifest.json"
    body, _, old = path.read_bytes().removesuffix(b"\n").rpartition(b"\n")
    said = json.loads(body)
    forge(said)
    if signature in ("own key", "unknown key"):
        forger = {"key-2" if signature == "own key" else "key-9": b"\1" * 32}
        write_manifest(store, Manifest.model_validate_json(json.dumps(said)), forger)
    else:
        ends = {"old": old.replace(b"a", b"b"), "none": b"", "not ASCII": b"key-2 \xc3\xa4"}
        path.write_bytes(json.dumps(said).encode() + b"\n" + ends[signature] + b"\n")
    assert "no signature that holds" in refused(store, kept)


def test_a_signed_manifest_that_contradicts_itself_is_refused(copy: Path, store: BlobStore, kept: Kept) -> None:
    """As by a mistake of our own."""
    [table, *others] = kept[1].tables
    for wrong in (
        kept[1].model_copy(update={"tables": tuple(others)}),
        kept[1].model_copy(update={"tables": (table, table, *others[1:])}),
        kept[1].model_copy(update={"tables": (table.model_copy(update={"rows": table.rows + 1}), *others)}),
        kept[1].model_copy(update={"tables": (table.model_copy(update={"raw_sha256": "0" * 64}), *others)}),
    ):
        write_manifest(store, wrong, KEYS)
        assert refused(store, kept)


def test_every_key_that_the_vault_still_has_verifies(copy: Path, store: BlobStore, kept: Kept) -> None:
    assert read_manifest(store, kept[1].id, {"key-3": b"3" * 32, **KEYS}) == kept[1]
    with pytest.raises(BackupRefused, match="no signature that holds"):
        read_manifest(store, kept[1].id, {"key-3": b"3" * 32})


@pytest.mark.parametrize("name", ["../elsewhere", "", "20260101T000000Z-0000000", "20260101T000000Z-00000000/x"])
def test_a_name_of_something_else_is_refused(store: BlobStore, name: str) -> None:
    with pytest.raises(BackupRefused, match="no name of a backup"):
        read_manifest(store, name, KEYS)


class ChangingStore(BlobStore):
    """Gives each blob as it is once, and one of them differently from then on."""

    def __init__(self, store: BlobStore, changed: str) -> None:
        self._inner, self._changed, self._given = store, changed, 0

    def get(self, path: str, most_bytes: int) -> bytes:
        content = self._inner.get(path, most_bytes)
        if path.endswith(self._changed):
            self._given += 1
            if self._given > 1:
                return content[:-1] + bytes([content[-1] ^ 1])
        return content


def test_a_store_that_changes_between_check_and_restore_changes_no_database(kept: Kept, target: Database) -> None:
    path, made = kept
    before = contents(target)
    for name in ("retail.stores", "retail.order_items"):
        store = ChangingStore(open_blob_store(path.as_uri()), parts_of(made, name)[0])
        with pytest.raises(BackupRefused, match=name):
            restore_backup(target.owner_url, None, store, KEYS, made.id)
        assert contents(target) == before
