"""Where backups are kept: a folder or a container of Azure Blob Storage, behind one interface."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from shared.errors import BackupRefused, BackupStoreDown, SettingsError
from shared.vault import azure_credential_of_threads

if TYPE_CHECKING:  # a library of 20 MB: not before it is needed
    from obstore.store import ObjectStore

AT_ONCE = 256
"""Blobs that Azure deletes by one request."""


class BlobStore:
    """Blobs by path, each written as a whole or not at all. Raises BackupStoreDown, which carries no credential."""

    def __init__(self, store: "ObjectStore") -> None:
        self._store = store

    def put(self, path: str, content: bytes) -> None:
        """Replaces what is there. Tried again by the library where the network fails."""
        import obstore.exceptions

        with _one_kind_of_error("write"):
            obstore.put(self._store, path, content, use_multipart=False)

    def get(self, path: str, most_bytes: int) -> bytes:
        """Raises BackupRefused where nothing is there, or more than so many bytes, which are then not read."""
        import obstore.exceptions

        with _one_kind_of_error("read"):
            try:
                found = obstore.get(self._store, path)
                if found.meta["size"] > most_bytes:
                    raise BackupRefused(f"{path} is larger than it was")
                return found.bytes().to_bytes()
            except (FileNotFoundError, obstore.exceptions.NotFoundError):
                raise BackupRefused(f"{path} is missing") from None

    def remove(self, folder: str, first: str) -> None:
        """All blobs below a name at the top, and that one before the others."""
        import obstore

        with _one_kind_of_error("delete"):
            paths = [each["path"] for page in obstore.list(self._store, prefix=folder) for each in page]
            if (leading := f"{folder}/{first}") in paths:
                obstore.delete(self._store, leading)
                paths.remove(leading)
            for some in batched(paths, AT_ONCE, strict=False):
                obstore.delete(self._store, some)

    def folders(self) -> list[str]:
        """Names at the top that have blobs below them, in order."""
        import obstore.exceptions

        with _one_kind_of_error("list"):
            return sorted(each.strip("/") for each in obstore.list_with_delimiter(self._store)["common_prefixes"])

    def names(self, folder: str) -> set[str]:
        """Of the blobs right below a name at the top."""
        import obstore.exceptions

        with _one_kind_of_error("list"):
            found = obstore.list_with_delimiter(self._store, prefix=folder)["objects"]
        return {each["path"].rpartition("/")[2] for each in found}


@contextmanager
def _one_kind_of_error(what: str) -> Iterator[None]:
    import obstore.exceptions

    try:
        yield
    except (obstore.exceptions.BaseError, OSError) as error:
        # Its kind only: messages quote URLs and answers.
        raise BackupStoreDown(f"the store of backups does not {what}: {type(error).__name__}") from None


def open_blob_store(url: str, client_id: str | None = None) -> BlobStore:
    """The store that BACKUP_STORE_URL names: file:///FOLDER or https://ACCOUNT.blob.core.windows.net/CONTAINER[/FOLDER].

    client_id: of the user-assigned managed identity that may write there. Raises SettingsError for another URL, and
    BackupStoreDown.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc:
        from obstore.store import LocalStore

        folder = Path(unquote(parts.path))
        with _one_kind_of_error("open"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return BlobStore(LocalStore(folder, automatic_cleanup=True))
    if parts.scheme == "https":
        return BlobStore(_container(url, client_id))
    raise SettingsError("settings: BACKUP_STORE_URL is neither file:///FOLDER nor the https URL of a container")


def _container(url: str, client_id: str | None) -> "ObjectStore":
    from obstore.auth.azure import AzureCredentialProvider
    from obstore.store import AzureStore

    account = urlsplit(url)
    container, _, folder = account.path.strip("/").partition("/")
    return AzureStore(
        container,
        account_name=(account.hostname or "").partition(".")[0],
        prefix=folder or None,
        credential_provider=AzureCredentialProvider(azure_credential_of_threads(client_id)),
    )
