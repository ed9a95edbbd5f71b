"""Records in files of this machine, where they wait for the database: what is written here outlives its process.

A record is one write, so the kernel has it whatever becomes of the process then. Each file is locked by who writes it;
the lock ends with the process, and whoever gets it then sees to what is left.
"""

import fcntl
import logging
import os
import stat
import struct
from contextlib import suppress
from pathlib import Path
from uuid import uuid4
from zlib import crc32

log = logging.getLogger(__name__)

QUOTA_BYTES = 64 * 1024 * 1024
"""Of all files that this process holds: some 130,000 records."""
MAX_RECORD_BYTES = 4096
MOST_ADOPTED = 16
"""Files of others that are held at once."""
SUFFIX = ".spool"

_FRAME = struct.Struct(">II")
"""Before each record: its length in bytes and its CRC-32."""


class Full(OSError):
    """The quota is used up, or nothing can be written."""


class Segment:
    """One file, open and locked."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._read_up_to = 0
        self.size = os.fstat(descriptor).st_size

    @classmethod
    def opened(cls, path: Path, flags: int) -> "Segment | None":
        """None where another process has it, or had it and is done with it. Raises OSError."""
        descriptor = os.open(path, flags | os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink:
                return cls(path, descriptor)
        except BlockingIOError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def append(self, record: bytes) -> None:
        """Raises OSError; then nothing may be appended any more, for the end may be torn."""
        frame = _FRAME.pack(len(record), crc32(record)) + record
        written = os.write(self._descriptor, frame)
        self.size += written
        if written < len(frame):
            raise Full("the record was written in part")

    def unread(self, count: int) -> list[bytes]:
        """The first records that are not done with, up to count; what is torn ends the file."""
        records: list[bytes] = []
        text = os.pread(self._descriptor, count * (MAX_RECORD_BYTES + _FRAME.size), self._read_up_to)
        begin = 0
        while len(records) < count and begin < len(text):
            head = text[begin : begin + _FRAME.size]
            length, checksum = _FRAME.unpack(head) if len(head) == _FRAME.size else (0, 0)
            record = text[begin + _FRAME.size : begin + _FRAME.size + length]
            if not 0 < length == len(record) or crc32(record) != checksum:
                if not records:
                    log.warning("%d bytes at the end of %s are no whole record", len(text) - begin, self._path.name)
                break
            records.append(record)
            begin += _FRAME.size + length
        return records

    def done_with(self, records: list[bytes]) -> None:
        """With what unread gave."""
        self._read_up_to += sum(_FRAME.size + len(record) for record in records)

    def delete(self) -> None:
        """All of it is done with."""
        with suppress(OSError):  # what stays is sent once more, which does no harm
            self._path.unlink()
        os.close(self._descriptor)

    def leave(self) -> None:
        """To whoever comes next."""
        if self.size:
            os.close(self._descriptor)
        else:
            self.delete()


class Spool:
    """The files of one process, and those of dead ones that it took over. Nothing is opened before it is needed."""

    def __init__(self, folder: Path, *, private: bool, quota: int = QUOTA_BYTES) -> None:
        """private: whether nobody else may own the folder or enter it, as where everybody may make folders."""
        self._folder = folder
        self._private = private
        self._quota = quota
        self._writing: Segment | None = None
        self._written: list[Segment] = []
        self._adopted: list[Segment] = []
        self._reserved = 0

    def reserve(self) -> None:
        """Room for one record; raises OSError where it could not be written."""
        if self._writing is None:
            self._writing = self._new_segment()
        held = sum(segment.size for segment in (self._writing, *self._written, *self._adopted))
        if held + (self._reserved + 1) * (MAX_RECORD_BYTES + _FRAME.size) > self._quota:
            raise Full("the quota is used up")
        self._reserved += 1

    def release(self) -> None:
        """What was reserved, whether it was used or not."""
        self._reserved -= 1

    def write(self, record: bytes) -> None:
        """Raises OSError where the kernel does not have it."""
        if len(record) > MAX_RECORD_BYTES:
            raise Full("the record is too long")
        if self._writing is None:
            self._writing = self._new_segment()
        try:
            self._writing.append(record)
        except OSError:
            self._written.append(self._writing)
            self._writing = None
            raise

    @property
    def has_more(self) -> bool:
        """Whether something was written that to_ship has not given."""
        return self._writing is not None and self._writing.size > 0

    def to_ship(self) -> list[Segment]:
        """Files that grow no more. What is being written becomes one of them, unless others of ours wait."""
        if self._writing is not None and self._writing.size and not self._written:
            with suppress(OSError):  # it is written on, and sent when another file can be made
                self._written, self._writing = [self._writing], self._new_segment()
        return [*self._written, *self._adopted]

    def shipped(self, segment: Segment) -> None:
        """All of the file has arrived."""
        (self._written if segment in self._written else self._adopted).remove(segment)
        segment.delete()

    def adopt(self) -> bool:
        """Take over what dead processes left. Raises OSError. True where there may be more than can be held at once."""
        if not self._folder.exists():
            return False
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if len(self._adopted) >= MOST_ADOPTED:
                return True
            with suppress(FileNotFoundError):
                if segment := Segment.opened(path, 0):
                    log.info("%d bytes of records that a dead process left are sent", segment.size)
                    self._adopted.append(segment)
        return False

    def close(self) -> None:
        """Leaves what is there to whoever comes next."""
        for segment in (*self._written, *self._adopted, *([self._writing] if self._writing else [])):
            segment.leave()
        self._written, self._adopted, self._writing = [], [], None

    def _new_segment(self) -> Segment:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._private:
            found = self._folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
                raise PermissionError("the folder is not private to this user")
        while True:
            if segment := Segment.opened(self._folder / f"{uuid4()}{SUFFIX}", os.O_CREAT | os.O_EXCL):
                return segment
