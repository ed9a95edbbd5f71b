"""Records on their way: torn, too many, while the database is away, and left behind."""

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from shared.audit.spool import MAX_RECORD_BYTES, Segment, Spool
from shared.audit.trail import AuditTrail
from shared.components import Components
from shared.errors import Unavailable
from shared.telemetry.call_record import CallRecord, current_record
from shared.telemetry.recording import Recording
from tests.audit.instances import trail_of
from tests.audit.records import trail
from tests.conftest import Database, caller_of
from tests.invocation.wire import wire_to

pytestmark = pytest.mark.anyio

SECRET = "rows of Kirkland"


def record(outcome: str = "OK") -> CallRecord:
    return CallRecord(began_at=datetime.now(UTC), method="tools/call", caller=caller_of("kirkland"), outcome=outcome)


def keep(audit: AuditTrail, count: int) -> None:
    for _ in range(count):
        audit.reserve()
        audit.keep(record())


async def rows(database: Database, count: int, seconds: float = 10) -> None:
    """Wait until the trail has so many."""
    async with asyncio.timeout(seconds):
        while len(await asyncio.to_thread(trail, database)) < count:
            await asyncio.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


async def test_what_is_kept_is_in_the_database_soon_and_the_folder_is_private(empty: Database, folder: Path) -> None:
    async with trail_of(empty.jobs_url, folder) as audit:
        keep(audit, 3)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
        await rows(empty, 3, seconds=20)
        keep(audit, 1200)
        await rows(empty, 1203, seconds=20)
    assert list(folder.iterdir()) == []


async def test_while_the_database_is_away_nothing_is_lost_and_nobody_waits(
    empty: Database, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with wire_to(empty.jobs_url) as wire, trail_of(wire.url(empty.jobs_url), folder) as audit:
        keep(audit, 5)
        await rows(empty, 5)
        wire.take_down()
        for _ in range(5):
            keep(audit, 10)
            await asyncio.sleep(0.1)
        assert len(trail(empty)) == 5
        wire.take_up()
        await rows(empty, 55, seconds=20)
    assert [row["number"] for row in trail(empty)] == list(range(1, 56))
    said = [message.getMessage() for message in caplog.records if message.getMessage().startswith("audit is ")]
    assert len(said) == 2


async def test_a_lost_acknowledgement_appends_nothing_twice(empty: Database, folder: Path) -> None:
    """The line breaks at every moment of the sending in turn."""
    async with wire_to(empty.jobs_url) as wire, trail_of(wire.url(empty.jobs_url), folder) as audit:
        for turn in range(6):
            keep(audit, 20)
            await asyncio.sleep(0.2 + 0.01 * turn)
            wire.cut()
        await rows(empty, 120, seconds=30)
    assert [row["number"] for row in trail(empty)] == list(range(1, 121))


async def test_a_full_spool_refuses_and_is_good_again_when_the_database_is(empty: Database, folder: Path) -> None:
    async with (
        wire_to(empty.jobs_url) as wire,
        trail_of(wire.url(empty.jobs_url), folder, quota=5 * MAX_RECORD_BYTES) as audit,
    ):
        wire.take_down()
        with pytest.raises(Unavailable, match="cannot be recorded"):
            keep(audit, 1000)
        kept = audit.number
        assert sum(path.stat().st_size for path in folder.iterdir()) < 5 * MAX_RECORD_BYTES
        assert 10 < kept < 1000
        wire.take_up()
        await rows(empty, kept, seconds=20)
        keep(audit, 1)
        await rows(empty, kept + 1, seconds=20)


async def test_room_is_reserved_by_who_has_no_answer_yet(empty: Database, folder: Path) -> None:
    async with trail_of(empty.jobs_url, folder, quota=3 * MAX_RECORD_BYTES) as audit:
        audit.reserve()
        audit.reserve()
        with pytest.raises(Unavailable):
            audit.reserve()
        audit.keep(record())
        audit.reserve()
        audit.keep(record())
        audit.keep(record())


@contextmanager
def full_disk(bytes_left: int) -> Iterator[None]:
    """Files of this process end there; a write at the end is cut, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_an_answer_whose_record_is_cut_by_a_full_disk_does_not_leave(empty: Database, folder: Path) -> None:
    seen: list[CallRecord] = []

    async def answer(_: Request) -> PlainTextResponse:
        current = current_record.get()
        assert current is not None
        current.caller = caller_of("kirkland")
        return PlainTextResponse(SECRET)

    async with trail_of(empty.jobs_url, folder) as audit:
        app = Starlette(
            routes=[Route("/mcp", Recording(Starlette(routes=[Route("/mcp", answer)]), audit, [seen.append]))]
        )
        client = TestClient(app)
        assert client.get("/mcp").text == SECRET
        with full_disk(sum(path.stat().st_size for path in folder.iterdir()) + 100):
            refused = client.get("/mcp")
        again = client.get("/mcp")
        await rows(empty, 2)
    assert (refused.status_code, again.text) == (503, SECRET)
    assert SECRET not in refused.text
    assert [(each.status, each.outcome) for each in seen] == [(200, "OK"), (503, "UNAVAILABLE"), (200, "OK")]
    assert [row["number"] for row in trail(empty)] == [1, 2]


@pytest.mark.parametrize("torn", [b"\0", b"\0\0\0\x10\0\0\0\0{}", b"\0" * 64, b"\xff" * 20])
async def test_a_torn_record_ends_its_file_and_the_others_arrive(empty: Database, folder: Path, torn: bytes) -> None:
    left = Spool(folder, private=True)
    instance = AuditTrail(None, left, lambda _, name: name, Components())  # type: ignore[arg-type]  # it sends nothing
    keep(instance, 3)
    left.close()
    [path] = folder.iterdir()
    with path.open("ab") as file:
        file.write(torn)
    async with trail_of(empty.jobs_url, folder) as audit:
        keep(audit, 1)
        await rows(empty, 4)
    assert list(folder.iterdir()) == []


def test_what_a_living_process_writes_is_not_taken_over(folder: Path) -> None:
    living, other = Spool(folder, private=True), Spool(folder, private=True)
    living.reserve()
    living.write(b"{}")
    other.adopt()
    assert other.to_ship() == []
    living.close()
    other.adopt()
    [segment] = other.to_ship()
    assert segment.unread(10) == [b"{}"]
    other.shipped(segment)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("trap", ["a link", "open to others"])
def test_a_folder_that_somebody_else_prepared_is_refused(folder: Path, tmp_path: Path, trap: str) -> None:
    if trap == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(PermissionError):
        Spool(folder, private=True).reserve()


def test_a_link_is_not_opened_as_a_file(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(mode=0o700)
    (tmp_path / "victim").write_bytes(b"mine")
    (folder / "x.spool").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        Segment.opened(folder / "x.spool", os.O_RDONLY)
