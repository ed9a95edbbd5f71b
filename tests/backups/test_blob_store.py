"""A folder and a container of blobs are the same to a backup."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.backups.blob_store import BlobStore, open_blob_store
from shared.backups.full import back_up_full
from shared.backups.listing import listed_backups
from shared.backups.restore import restore_backup
from shared.errors import BackupRefused, BackupStoreDown, SettingsError
from tests.backups.azurite import container_of, running_azurite
from tests.backups.conftest import KEYS, contents
from tests.conftest import Database


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_azurite(tmp_path_factory.mktemp("azurite")) as url:
        yield url


@pytest.fixture(params=["folder", "container"])
def either(request: pytest.FixtureRequest, store: BlobStore) -> BlobStore:
    return store if request.param == "folder" else container_of(request.getfixturevalue("azurite"))


def test_blobs_come_back_and_are_replaced_as_a_whole(either: BlobStore) -> None:
    either.put("one/a/1.gz", b"1")
    either.put("one/manifest.json", b"2")
    either.put("two/manifest.json", b"")
    either.put("one/manifest.json", b"3" * 5_000_000)
    assert either.get("one/manifest.json", 5_000_000) == b"3" * 5_000_000
    assert either.get("two/manifest.json", 0) == b""
    assert {"one", "two"} <= set(either.folders())
    assert either.names("one") == {"manifest.json"}
    with pytest.raises(BackupRefused, match="one/manifest.json is larger than it was"):
        either.get("one/manifest.json", 4_999_999)
    with pytest.raises(BackupRefused, match="one/nothing is missing"):
        either.get("one/nothing", 1)


def test_a_folder_is_removed_as_a_whole_and_no_other(either: BlobStore) -> None:
    for path in ("gone/a/1.gz", "gone/a/2.gz", "gone/manifest.json", "gone-not/manifest.json"):
        either.put(path, b"1")
    either.remove("gone", "manifest.json")
    assert "gone" not in either.folders()
    assert "gone-not" in either.folders()
    either.remove("gone", "manifest.json")


def test_a_container_gives_back_what_was_backed_up(source: Database, target: Database, azurite: str) -> None:
    store = container_of(azurite)
    made = back_up_full(source.backup_url, None, store, KEYS)
    assert made is not None
    assert made.id in [each.id for each in listed_backups(store, KEYS)]
    restore_backup(target.owner_url, None, store, KEYS, made.id)
    assert contents(target) == contents(source)


def test_a_container_that_is_not_there_or_does_not_answer_is_down_and_no_key_is_told(azurite: str) -> None:
    for url in (azurite.replace("devstoreaccount1", "another"), "http://127.0.0.1:9/devstoreaccount1"):
        with pytest.raises(BackupStoreDown) as down:
            container_of(url).put("one", b"1")
        assert "Eby8" not in str(down.value)
        assert down.value.__cause__ is None


def test_a_folder_that_cannot_be_made_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in ("file", "file/below"):
        with pytest.raises(BackupStoreDown, match="does not open"):
            open_blob_store((tmp_path / path).as_uri())


def test_a_folder_is_its_owners_alone(folder: Path) -> None:
    open_blob_store(folder.as_uri())
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("url", ["file://elsewhere/backups", "http://zava.blob.core.windows.net/backups", "backups"])
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="BACKUP_STORE_URL"):
        open_blob_store(url)
