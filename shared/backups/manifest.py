"""What a backup consists of, signed: a backup is there when its manifest is, which is written last."""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, model_validator

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


class Rows(_Said):
    """Lines in parts. raw_sha256: of the parts' lines, one behind the other."""

    name: str
    rows: NonNegativeInt
    raw_bytes: NonNegativeInt
    raw_sha256: str
    parts: tuple[Part, ...]


class Table(Rows):
    """Rows of a table, in COPY's text with these columns, those of its key first. total: how many the table had.

    gone: none where these are all rows. Else these are the ones that were written since the base, and gone has the keys
    of rows of the base that are there no more, or are not as they were, in COPY's text as well.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    total: NonNegativeInt
    gone: Rows | None = None


class Sequence(_Said):
    """Where the numbers of a column go on."""

    name: str
    last_value: int
    is_called: bool


class Manifest(_Said):
    """kind: full ones need no other. base: the id of the backup that an incremental one builds on, since: its snapshot.

    snapshot: as PostgreSQL names it. triggers: stands for those that record changes, as they were then. migrations:
    checksums by name.
    """

    format: Literal["zava-backup-1"] = "zava-backup-1"
    id: str = Field(pattern=f"^{_ID.pattern}$")
    kind: Literal["full", "incremental"] = "full"
    base: str | None = Field(default=None, pattern=f"^{_ID.pattern}$")
    since: str | None = None
    taken_at: AwareDatetime
    snapshot: str
    triggers: str
    server_version: str
    migrations: dict[str, str]
    extensions: dict[str, str]
    sequences: tuple[Sequence, ...]
    tables: tuple[Table, ...]

    @model_validator(mode="after")
    def _is_of_its_kind(self) -> Self:
        builds = self.kind == "incremental"
        if (self.base is not None) != builds or (self.since is not None) != builds:
            raise ValueError("an incremental backup has a base, and a full one has none")
        if not builds and any(table.gone for table in self.tables):
            raise ValueError("a full backup has all rows")
        return self

    def table(self, name: str) -> Table:
        """One of its tables."""
        return next(table for table in self.tables if table.name == name)

    @property
    def rows(self) -> int:
        """Of all tables at that time, wherever they are stored."""
        return sum(table.total for table in self.tables)

    @property
    def stored_bytes(self) -> int:
        """Of all parts."""
        return sum(part.stored_bytes for lines in self._lines for part in lines.parts)

    @property
    def raw_bytes(self) -> int:
        """In its own parts, before packing."""
        return sum(lines.raw_bytes for lines in self._lines)

    @property
    def _lines(self) -> Iterator[Rows]:
        for table in self.tables:
            yield from lines_of(table)


def lines_of(table: Table) -> tuple[Rows, ...]:
    """What there is of a table in the store: its rows, and keys if there are any."""
    return (table,) if table.gone is None else (table, table.gone)


def new_id(now: datetime) -> str:
    """Sorts by time, to the microsecond in the first five digits behind the dash; no two are the same."""
    at = now.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%SZ}-{at.microsecond:05x}{secrets.randbelow(1 << 12):03x}"


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
