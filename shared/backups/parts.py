"""A table's rows, as COPY gives them, in parts of a few megabytes: packed for the store, and back with every checksum.

A part is a gzip file of whole rows in COPY's text format, so `gunzip` and `psql` read it. Its name, size and SHA-256
are in the manifest; those of the whole table, too.
"""

import hashlib
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from shared.backups.blob_store import BlobStore
from shared.backups.manifest import Part, Rows
from shared.errors import BackupRefused

PART_BYTES = 8 << 20
"""Of rows before packing; a part is longer by what its last row has beyond."""

WAITING = 2
"""Parts that are packed and sent while the next one is read: what bounds the memory."""


class Packer:
    """Packs and sends in a thread of its own, while rows are read. `with` waits for what is under way."""

    def __init__(self, store: BlobStore, folder: str) -> None:
        self._store = store
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "zava-backup-parts")

    def __enter__(self) -> "Packer":
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def pack(self, name: str, rows: Iterable[bytearray]) -> Rows:
        """What the manifest says of them, once all their parts are in the store. name: of a table, or below one."""
        whole = hashlib.sha256()
        waiting: deque[Future[Part]] = deque()
        parts: list[Part] = []
        for number, raw in enumerate(_cut(rows), 1):
            waiting.append(self._thread.submit(self._send, f"{name}/{number:06}.copy.gz", raw, whole))
            if len(waiting) > WAITING:
                parts.append(waiting.popleft().result())
        parts.extend(each.result() for each in waiting)
        return Rows(
            name=name,
            rows=sum(part.rows for part in parts),
            raw_bytes=sum(part.raw_bytes for part in parts),
            raw_sha256=whole.hexdigest(),
            parts=tuple(parts),
        )

    def _send(self, name: str, raw: bytearray, whole: "hashlib._Hash") -> Part:
        from isal import igzip  # late: only backups need it

        whole.update(raw)
        content = igzip.compress(raw, compresslevel=1)
        self._store.put(f"{self._folder}/{name}", content)
        return Part(
            name=name,
            rows=raw.count(b"\n"),  # in COPY's text a line end inside a value is written as \n
            raw_bytes=len(raw),
            stored_bytes=len(content),
            stored_sha256=hashlib.sha256(content).hexdigest(),
        )


def unpacked(store: BlobStore, folder: str, table: Rows) -> Iterator[bytes]:
    """The rows of each part. Raises BackupRefused at the first byte that is not what the manifest says; what was given
    before is then of no use either."""
    whole = hashlib.sha256()
    for part in table.parts:
        raw = _unpacked(store.get(f"{folder}/{part.name}", part.stored_bytes), part)
        whole.update(raw)
        yield raw
    if whole.hexdigest() != table.raw_sha256:
        raise BackupRefused(f"the rows of {table.name} are not those that were backed up")


def _unpacked(content: bytes, part: Part) -> bytes:
    if len(content) != part.stored_bytes or hashlib.sha256(content).hexdigest() != part.stored_sha256:
        raise BackupRefused(f"{part.name} is not what was backed up")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        raw = unpacker.decompress(content, part.raw_bytes + 1)
    except zlib.error:
        raise BackupRefused(f"{part.name} cannot be unpacked") from None
    if len(raw) != part.raw_bytes or raw.count(b"\n") != part.rows:
        raise BackupRefused(f"{part.name} has other rows than its manifest says")
    return raw


def _cut(rows: Iterable[bytearray]) -> Iterator[bytearray]:
    part = bytearray()
    for chunk in rows:
        part += chunk
        if len(part) >= PART_BYTES:
            yield part
            part = bytearray()
    if part:
        yield part
