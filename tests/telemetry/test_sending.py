"""Telemetry arrives, and an endpoint that fails costs neither the processor nor memory nor anybody's time."""

import asyncio
import socket
import time
import tracemalloc
from collections.abc import Callable
from uuid import UUID

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from local.ingestion_endpoint import KEY, IngestionEndpoint
from shared.components import Components
from shared.connection_string import ingestion_of
from shared.telemetry.adapter import CLOSE_SECONDS, MOST_AT_ONCE, MOST_WAITING, Pace, Telemetry
from shared.telemetry.items import MAX_BODY_BYTES, Dependency, Event
from shared.telemetry.pseudonyms import Pseudonyms
from shared.vault import Vault
from tests.conftest import KeptSecrets, caller_of
from tests.telemetry.conftest import QUICK, open_quickly

pytestmark = pytest.mark.anyio

BUSY_SECONDS = 2.0
"""What a busy machine may add to a wait that is bounded; unbounded, it would be ten times as long."""
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ANSWERS: dict[str, Callable[[], Response]] = {
    "HTTP_503": lambda: JSONResponse({}, 503),
    "HTTP_429": lambda: JSONResponse({}, 429, headers={"retry-after": "3600"}),
    "HTTP_500": lambda: PlainTextResponse("x" * 1_000_000, 500),
}
REFUSALS: dict[str, Callable[[], Response]] = {
    "HTTP_400": lambda: JSONResponse({}, 400),
    "HTTP_307": lambda: RedirectResponse("http://127.0.0.1:9/elsewhere"),
    "NoAnswerOfIngestion": lambda: PlainTextResponse("<html>sign in to the airport's network"),
    "AnswerTooLong": lambda: PlainTextResponse("x" * 1_000_000),
}


async def until(holds: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


async def test_items_arrive_with_their_fields(telemetry: Telemetry, endpoint: IngestionEndpoint) -> None:
    who = caller_of("kirkland").principal_id
    event = Event(
        name="happened", trace_parent=TRACE, principal_id=who, properties={"a": "b" * 300}, measurements={"c": 1.5}
    )
    telemetry.give(event)
    telemetry.give(Dependency(name="query", kind="PostgreSQL", seconds=3661.5, success=False, result="SQL_ERROR"))
    for value in (2, 7, 3):
        telemetry.add("rows", value, {"name": "query"})
    await until(lambda: endpoint.metrics("rows") and len(endpoint.items) >= 3)
    assert {path for path, _ in endpoint.requests} == {"/v2/track"}
    assert {item["iKey"] for item in endpoint.items} == {KEY}
    [happened] = [item for item in endpoint.items if item["data"]["baseType"] == "EventData"]
    assert happened["time"] == event.at.isoformat().replace("+00:00", "Z")  # of the event, not of its sending
    assert happened["tags"]["ai.operation.id"] == "0af7651916cd43dd8448eb211c80319c"
    assert happened["tags"]["ai.operation.parentId"] == "b7ad6b7169203331"
    assert happened["tags"]["ai.cloud.role"] == "zava-retail-mcp"
    data = happened["data"]["baseData"]
    assert (data["properties"]["a"], data["measurements"]) == ("b" * 200, {"c": 1.5})
    assert len(data["properties"]["principal"]) == 16
    [dependency] = endpoint.of_type("RemoteDependencyData")
    assert (dependency["duration"], dependency["success"]) == ("0.01:01:01.500000", False)
    assert (dependency["type"], dependency["resultCode"]) == ("PostgreSQL", "SQL_ERROR")
    [point] = endpoint.metrics("rows")
    assert (point["value"], point["count"], point["min"], point["max"]) == (12, 3, 2, 7)
    assert point["properties"] == {"name": "query"}


async def test_a_principal_has_one_name_everywhere_and_it_is_not_its_id(
    telemetry: Telemetry, endpoint: IngestionEndpoint
) -> None:
    callers = [caller_of(name).principal_id for name in ("kirkland", "seattle", "kirkland")]
    for principal_id in callers:
        telemetry.give(Event(name="call", principal_id=principal_id))
    await until(lambda: len(endpoint.items) == 3)
    first, second, third = [each["properties"]["principal"] for each in endpoint.events("call")]
    assert first == third != second
    for principal_id, name in zip(callers, (first, second, third), strict=True):
        assert name not in principal_id.hex


async def test_without_the_secret_nobody_is_named(endpoint: IngestionEndpoint) -> None:
    pseudonyms = Pseudonyms(Vault(KeptSecrets()))
    telemetry = Telemetry(ingestion_of(endpoint.connection_string), pseudonyms, Components(), pace=QUICK)
    telemetry.begin()
    telemetry.give(Event(name="call", principal_id=UUID(int=1)))
    await until(lambda: endpoint.items)
    await telemetry.close()
    assert "properties" not in endpoint.events("call")[0]


@pytest.mark.parametrize("kind", ANSWERS)
async def test_what_is_not_taken_is_sent_again_later(
    telemetry: Telemetry, endpoint: IngestionEndpoint, components: Components, kind: str
) -> None:
    endpoint.answer = ANSWERS[kind]()
    component = components.component("telemetry")
    telemetry.give(Event(name="first"))
    await until(lambda: component.state == "down")
    assert component.last_error == kind
    cpu, requests = time.process_time(), len(endpoint.requests)
    await asyncio.sleep(1)
    assert time.process_time() - cpu < 0.3
    assert 0 < len(endpoint.requests) - requests < 15
    assert telemetry.dropped == 0
    endpoint.answer = None
    await until(lambda: component.state == "up")
    assert len(endpoint.events("first")) == 1
    await until(lambda: endpoint.events("zava.component"))
    states = [each["properties"]["state"] for each in endpoint.events("zava.component")]
    assert states in (["down"], ["down", "up"])


@pytest.mark.parametrize("kind", REFUSALS)
async def test_what_would_never_be_taken_is_dropped_and_counted(
    telemetry: Telemetry, endpoint: IngestionEndpoint, components: Components, kind: str
) -> None:
    endpoint.answer = REFUSALS[kind]()
    telemetry.give(Event(name="refused"))
    await until(lambda: telemetry.dropped)
    assert components.component("telemetry").last_error == kind
    endpoint.answer = None
    telemetry.give(Event(name="taken"))
    await until(lambda: endpoint.events("taken") and endpoint.metrics("zava.telemetry.dropped"))
    assert endpoint.events("refused") == []
    assert sum(point["value"] for point in endpoint.metrics("zava.telemetry.dropped")) >= 1


async def test_an_endpoint_that_hangs_is_left_and_tried_again(
    telemetry: Telemetry, endpoint: IngestionEndpoint, components: Components
) -> None:
    endpoint.hanging = True
    telemetry.give(Event(name="late"))
    await until(lambda: components.component("telemetry").state == "down")
    assert components.component("telemetry").last_error == "Timeout"
    endpoint.hanging = False
    await until(lambda: endpoint.events("late"))


async def test_an_endpoint_that_drips_does_not_hold_the_sender(components: Components) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.05)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    telemetry = open_quickly(f"InstrumentationKey={KEY};IngestionEndpoint={url}", components)
    telemetry.begin()
    telemetry.give(Event(name="event"))
    await until(lambda: components.component("telemetry").last_error == "Timeout")
    await telemetry.close()
    server.close()


async def test_nobody_at_the_endpoint_costs_little_and_memory_is_bounded(components: Components) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: refused
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        telemetry = open_quickly(f"InstrumentationKey={KEY};IngestionEndpoint={url}", components)
        telemetry.begin()
        tracemalloc.start()
        for _ in range(MOST_WAITING + 500):
            telemetry.give(Event(name="event", properties={"name": "execute_sales_query"}))
        assert tracemalloc.get_traced_memory()[0] < 10_000_000
        tracemalloc.stop()
        await until(lambda: components.component("telemetry").state == "down")
        assert components.component("telemetry").last_error == "ConnectError"
        cpu = time.process_time()
        await asyncio.sleep(1)
        assert time.process_time() - cpu < 0.4
        assert telemetry.dropped >= 500
        began = time.perf_counter()
        await telemetry.close()
        assert time.perf_counter() - began < CLOSE_SECONDS + BUSY_SECONDS


async def test_many_items_go_in_bounded_bodies(telemetry: Telemetry, endpoint: IngestionEndpoint) -> None:
    for number in range(1000):
        properties = {f"property {index}": "é" * 200 for index in range(10)}
        telemetry.give(Event(name=f"event {number}", properties=properties))
    await until(lambda: telemetry.sent == 1000, 20)
    assert len(endpoint.items) == 1000
    assert max(size for _, size in endpoint.requests) <= MAX_BODY_BYTES + MOST_AT_ONCE
    assert [each["name"] for each in endpoint.of_type("EventData")] == [f"event {number}" for number in range(1000)]


async def test_what_waits_is_sent_at_the_end(endpoint: IngestionEndpoint, components: Components) -> None:
    telemetry = open_quickly(endpoint.connection_string, components, Pace(gather=60))
    telemetry.begin()
    telemetry.give(Event(name="last"))
    telemetry.add("rows", 1, {})
    await asyncio.sleep(0)
    await telemetry.close()
    assert len(endpoint.events("last")) == len(endpoint.metrics("rows")) == 1


async def test_the_end_waits_a_second_at_most(endpoint: IngestionEndpoint, components: Components) -> None:
    endpoint.hanging = True
    telemetry = open_quickly(endpoint.connection_string, components, Pace(gather=0, send=30))
    telemetry.begin()
    telemetry.give(Event(name="never"))
    await until(lambda: endpoint.requests)
    began = time.perf_counter()
    await telemetry.close()
    assert time.perf_counter() - began < CLOSE_SECONDS + BUSY_SECONDS
    endpoint.hanging = False
