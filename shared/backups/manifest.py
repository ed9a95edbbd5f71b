"""What a backup consists of, signed: a backup is there when its manifest is, which is written last."""

import re
import secrets
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from shared.backups.blob_store import BlobStore
from shared.backups.signature import Keys, signed, verified
from shared.errors import BackupRefused

MANIFEST = "manifest.json"
MOST_BYTES = 64 << 20
"""Some 300,000 parts, which are two terabytes of rows."""

_DOMAIN = b"zava-backup-manifest-1\n"
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}", re.ASCII)


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Said):
    """One blob. name: its path within the backup."""

    name: str = Field(pattern=r"^[a-z_.]+/\d{6,}\.copy\.gz$")
    rows: NonNegativeInt
    raw_bytes: NonNegativeInt
    stored_bytes: NonNegativeInt
    stored_sha256: str


class Table(_Said):
    """All rows of a table. raw_sha256: of its parts' rows, one behind the other."""

    name: str
    columns: tuple[str, ...]
    rows: NonNegativeInt
    raw_bytes: NonNegativeInt
    raw_sha256: str
    parts: tuple[Part, ...]


class Sequence(_Said):
    """Where the numbers of a column go on."""

    name: str
    last_value: int
    is_called: bool


class Manifest(_Said):
    """kind: full ones need no other. base: the id of the backup that an incremental one builds on; a full one has none.
    snapshot: as PostgreSQL names it. migrations: checksums by name."""

    format: Literal["zava-backup-1"] = "zava-backup-1"
    id: str = Field(pattern=f"^{_ID.pattern}$")
    kind: Literal["full", "incremental"] = "full"
    base: str | None = Field(default=None, pattern=f"^{_ID.pattern}$")
    taken_at: AwareDatetime
    snapshot: str
    server_version: str
    migrations: dict[str, str]
    extensions: dict[str, str]
    sequences: tuple[Sequence, ...]
    tables: tuple[Table, ...]

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def stored_bytes(self) -> int:
        """Of all parts."""
        return sum(part.stored_bytes for table in self.tables for part in table.parts)

    @property
    def raw_bytes(self) -> int:
        """Of all rows, before packing."""
        return sum(table.raw_bytes for table in self.tables)


def new_id(now: datetime) -> str:
    """Sorts by time; no two are the same."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def taken_at_of(backup_id: str) -> datetime:
    """As its name says, to the second."""
    return datetime.strptime(f"{backup_id[:15]}+0000", "%Y%m%dT%H%M%S%z")


def is_id(name: str) -> bool:
    """Whether a folder's name is a backup's."""
    return _ID.fullmatch(name) is not None


def write_manifest(store: BlobStore, manifest: Manifest, keys: Keys) -> None:
    """Makes the backup one."""
    text = manifest.model_dump_json(indent=1).encode() + b"\n"
    store.put(f"{manifest.id}/{MANIFEST}", signed(text, keys, _DOMAIN))


def read_manifest(store: BlobStore, backup_id: str, keys: Keys) -> Manifest:
    """Raises BackupRefused where there is none, or none that this installation has signed for this backup."""
    if not is_id(backup_id):
        raise BackupRefused("that is no name of a backup")
    text = verified(store.get(f"{backup_id}/{MANIFEST}", MOST_BYTES), keys, _DOMAIN)
    if text is None:
        raise BackupRefused(f"the manifest of {backup_id} has no signature that holds")
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError:
        raise BackupRefused(f"the manifest of {backup_id} is not of this format") from None
    if manifest.id != backup_id:
        raise BackupRefused(f"the manifest of {backup_id} is another backup's")
    return manifest
