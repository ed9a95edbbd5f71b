"""What is said of figures: within a limit, worse than recorded, flat; and what counts round trips counts them."""

import asyncio
import json
from pathlib import Path

import pytest

from bench.calls.figures import BARE, CONCURRENCIES, IN_TWO, PEER, PRODUCT, CallFigures, Row
from bench.calls.http_client import ERAS
from bench.calls.recorded import MS, RECORD, Limit, Record
from bench.calls.round_trips import Wire
from bench.calls.workloads import TRIVIAL, workloads
from bench.cold_start import ColdFigures
from bench.memory import MemoryFigures, Sample


@pytest.fixture
def recorded(tmp_path: Path) -> Record:
    """A rate of 2 and a time of 2."""
    path = tmp_path / "recorded.json"
    path.write_text(json.dumps({"rate": 2.0, "time": 2.0}))
    return Record(path)


@pytest.mark.parametrize(
    ("limit", "holds", "worse"),
    [
        (Limit("rate", 2.0, at_least=1.0), True, False),
        (Limit("rate", 1.7, at_least=1.0), True, False),
        (Limit("rate", 1.5, at_least=1.0), True, True),
        (Limit("rate", 0.9, at_least=1.0), False, True),
        (Limit("time", 1.0, at_most=3.0), True, False),
        (Limit("time", 2.6, at_most=3.0), True, True),
        (Limit("time", 2.6), True, True),
        (Limit("new", 4.0, at_most=3.0), False, False),
    ],
)
def test_a_figure_is_held_to_its_limit_and_to_the_record(
    recorded: Record, limit: Limit, *, holds: bool, worse: bool
) -> None:
    assert (limit.holds, recorded.is_better_than(limit)) == (holds, worse)


def test_ratios_are_recorded_and_what_tells_of_the_machine_is_not(tmp_path: Path) -> None:
    path = tmp_path / "recorded.json"
    Record(path).keep([Limit("rate", 2.345, at_least=1.0), Limit("time", 2.0)])
    Record(path).keep([Limit("rate", 3.0, at_least=1.0), Limit("lookup, ms above the bare SQL", 1.9, at_most=1.0)])
    assert Record(path).ratios == {"rate": 3.0, "time": 2.0}


def test_what_is_recorded_is_claimed() -> None:
    """So that a claim that is worded anew does not lose its record."""
    assert RECORD.ratios
    assert set(RECORD.ratios) == {limit.claim for limit in of_every_contender().limits if f" {MS} " not in limit.claim}


def of_every_contender() -> CallFigures:
    """A run in which each contender took a millisecond for everything."""
    rows = [
        Row(TRIVIAL, TRIVIAL, era, at_once, 1000.0, 1.0, 1.0, 1.0, None, 1) for era in ERAS for at_once in CONCURRENCIES
    ]
    rows += [
        Row(who, asked.name, era, at_once, 1000.0, 1.0, 1.0, 1.0, None, 1)
        for who in (PRODUCT, IN_TWO, BARE, PEER)
        for asked in workloads(1)
        for era in ERAS
        for at_once in ((8,) if who in (IN_TWO, PEER) else CONCURRENCIES)
        if who != PEER or asked.name != "search"
    ]
    return CallFigures(tuple(rows), resident_mb=1.0, round_trips=1.0)


def test_memory_is_flat_or_it_grows() -> None:
    flat = MemoryFigures([Sample(100 * n, 120 + n % 3) for n in range(1, 101)])
    assert flat.growth == pytest.approx(0, abs=0.02)
    assert flat.holds
    growing = MemoryFigures([Sample(100 * n, 100 + n / 3) for n in range(1, 101)])
    assert growing.growth == pytest.approx(0.185, abs=0.01)
    assert not growing.holds
    assert not MemoryFigures([Sample(100 * n, 151) for n in range(1, 101)]).holds


@pytest.mark.parametrize(("product", "own", "holds"), [(1.1, 0.1, True), (1.3, 0.1, False), (1.1, 0.3, False)])
def test_a_cold_start_is_held_to_seconds_on_any_machine(product: float, own: float, *, holds: bool) -> None:
    assert ColdFigures(product, trivial=1.0, own=own).holds == holds


@pytest.mark.anyio
async def test_a_round_trip_is_speaking_after_listening() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            writer.write(said)
        writer.close()

    wire = Wire()
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, wire.to("127.0.0.1", server.sockets[0].getsockname()[1]) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for said in (b"one", b"two", b"three"):
            writer.write(said)
            assert await reader.readexactly(len(said)) == said
        writer.close()
        await writer.wait_closed()
    assert wire.round_trips == 3
