"""A backup with all that it builds on, and the rows that they give together."""

from collections.abc import Iterator

from shared.backups.blob_store import BlobStore
from shared.backups.manifest import Manifest, Rows, lines_of, read_manifest
from shared.backups.parts import unpacked
from shared.backups.signature import Keys
from shared.errors import BackupRefused

MOST_LINKS = 250
"""More than a week of hourly ones. Where so many would not do, a run makes a full backup."""

type Chain = tuple[Manifest, ...]
"""Newest first; the last one is full."""


def read_chain(store: BlobStore, keys: Keys, backup_id: str) -> Chain:
    """Manifests, and no part. Raises BackupRefused where one is missing, does not hold, or is not what the one before
    was made after."""
    links = [read_manifest(store, backup_id, keys)]
    while (base := links[-1].base) is not None:
        if base in {link.id for link in links} or len(links) == MOST_LINKS:
            raise BackupRefused(f"{backup_id} builds on backups without an end")
        try:
            links.append(read_manifest(store, base, keys))
        except BackupRefused as refusal:
            raise BackupRefused(f"{links[-1].id} builds on {base}, which does not hold: {refusal}") from None
        _check_link(links[-2], links[-1])
    return tuple(links)


def _check_link(link: Manifest, base: Manifest) -> None:
    if link.since != base.snapshot:
        raise BackupRefused(f"{link.id} does not go on where {base.id} ends")
    if (link.migrations, _shape(link)) != (base.migrations, _shape(base)):
        raise BackupRefused(f"{link.id} and {base.id} are of different releases")


def _shape(manifest: Manifest) -> list[tuple[object, ...]]:
    return [(table.name, table.columns, table.key) for table in manifest.tables]


def merged_rows(store: BlobStore, chain: Chain, name: str) -> Iterator[bytes]:
    """All rows of a table as they were at the newest link. Each from the newest link that has it, unless a newer one
    says that its key is gone; keys are kept in memory meanwhile. Raises BackupRefused as unpacked() does."""
    gone: set[bytes] = set()
    for link in chain:
        table = link.table(name)
        for raw in unpacked(store, link.id, table):
            yield _without(raw, len(table.key), gone) if gone else raw
        if table.gone is None:
            return
        for raw in unpacked(store, link.id, table.gone):
            gone.update(_lines(raw))


def superseded(chain: Chain, name: str) -> Iterator[tuple[Manifest, Rows]]:
    """Parts of a table that no merged row comes from, for a newer link has all rows."""
    is_whole = False
    for link in chain:
        if is_whole:
            for lines in lines_of(link.table(name)):
                yield link, lines
        is_whole = is_whole or link.table(name).gone is None


def _without(raw: bytes, width: int, gone: set[bytes]) -> bytes:
    lines = _lines(raw)
    kept = [line for line in lines if b"\t".join(line.split(b"\t", width)[:width]) not in gone]
    return raw if len(kept) == len(lines) else b"".join(line + b"\n" for line in kept)


def _lines(raw: bytes) -> list[bytes]:
    return raw.removesuffix(b"\n").split(b"\n")
