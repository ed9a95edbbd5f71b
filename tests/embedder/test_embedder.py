"""The application's embedder with the real SDK, in front of a service that may do anything."""

import asyncio
import logging
import math
import os
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from threading import Event

import pytest

from shared.embeddings.embedder import Embedder
from shared.embeddings.identity import vault_key
from shared.embeddings.text_batches import MAX_REQUEST_BYTES, MAX_TEXT_BYTES, MAX_TEXTS, batches
from shared.errors import EmbedderFailure, TextRefused
from shared.retry_after import retry_after
from shared.vault import Secret, Vault
from tests.clock import FakeClock
from tests.conftest import REPOSITORY, KeptSecrets
from tests.embedder.openai_service import (
    DIMENSIONS,
    KEY,
    MODELS,
    Answer,
    Fault,
    OpenAIService,
    body,
    changed,
    cut_off,
    every_vector,
    half,
    hanging,
    page,
    slow_body,
    status,
    vector_of,
)

pytestmark = pytest.mark.anyio

MODEL = MODELS[0]
TEXT = "a swordfish of a question"
SECONDS = 0.4
"""How long the embedder may take where the service fails."""
LATE = 0.5
"""How much later than that it may be on a busy machine."""
BLOCKED = 0.05
"""How long the event loop may be busy with one thing."""


def similarity(one: list[float], other: list[float]) -> float:
    return math.sumprod(one, other)


async def failure_of(awaitable: Awaitable[object]) -> EmbedderFailure:
    with pytest.raises(EmbedderFailure) as failure:
        await awaitable
    return failure.value


@asynccontextmanager
async def embedder_with(base_url: str, *keys: Secret, clock: FakeClock) -> AsyncIterator[Embedder]:
    """An embedder with a vault of its own."""
    key = vault_key(Vault(KeptSecrets(*keys), clock=clock))
    embedder = Embedder(base_url, MODEL, lambda _: key)
    await embedder.begin()
    yield embedder
    await embedder.close()


async def test_each_text_gets_its_own_vector(embedder: Embedder, openai_service: OpenAIService) -> None:
    texts = [f"paint number {number}" for number in range(MAX_TEXTS + 40)]
    vectors = await embedder.embed(texts)
    assert [len(request.texts) for request in openai_service.requests] == [MAX_TEXTS, 40]
    assert {len(vector) for vector in vectors} == {DIMENSIONS}
    for text, vector in zip(texts, vectors, strict=True):
        assert similarity(vector, vector) == pytest.approx(1, abs=1e-12)
        assert similarity(vector, vector_of(text, MODEL)) == pytest.approx(1, abs=1e-6)


async def test_the_request_says_what_is_wanted(embedder: Embedder, openai_service: OpenAIService) -> None:
    await embedder.embed([TEXT])
    [request] = openai_service.requests
    wanted = {"model": MODEL, "input": [TEXT], "dimensions": DIMENSIONS, "encoding_format": "base64"}
    assert request.body == wanted
    assert request.authorization == f"Bearer {KEY}"


async def test_another_model_is_asked_for_by_name(embedder: Embedder) -> None:
    [[other], [own]] = [await embedder.embed([TEXT], model=MODELS[1]), await embedder.embed([TEXT])]
    assert similarity(other, vector_of(TEXT, MODELS[1])) == pytest.approx(1, abs=1e-6)
    assert similarity(other, own) < 0.5


async def test_a_model_of_fixed_length_is_not_told_one(embedder: Embedder, openai_service: OpenAIService) -> None:
    await embedder.embed([TEXT], model="text-embedding-ada-002")
    assert "dimensions" not in openai_service.requests[0].body


async def test_no_text_is_no_request(embedder: Embedder, openai_service: OpenAIService) -> None:
    assert await embedder.embed([]) == []
    assert not openai_service.requests


async def test_long_texts_are_cut_and_taken(embedder: Embedder, openai_service: OpenAIService) -> None:
    await embedder.embed(["x" * 100_000, "漆" * 4_000, "\ud800 half a character", "short"])
    lengths = [len(text.encode()) for text in openai_service.requests[0].texts]
    assert lengths[0] == MAX_TEXT_BYTES
    assert MAX_TEXT_BYTES - 3 < lengths[1] <= MAX_TEXT_BYTES
    assert openai_service.requests[0].texts[2:] == ["? half a character", "short"]


def test_a_request_holds_so_many_bytes_and_no_more() -> None:
    texts = ["x" * MAX_TEXT_BYTES] * 100
    grouped = list(batches(texts))
    assert [text for batch in grouped for text in batch] == texts
    sizes = [sum(map(len, batch)) for batch in grouped]
    assert max(sizes) <= MAX_REQUEST_BYTES
    assert min(sizes[:-1]) > MAX_REQUEST_BYTES - MAX_TEXT_BYTES


async def test_vectors_that_come_as_lists_of_any_length_are_taken(
    embedder: Embedder, openai_service: OpenAIService
) -> None:
    openai_service.fault = changed(lambda answer: answer["data"][0].update(embedding=[2, *[0.0] * (DIMENSIONS - 1)]))
    assert await embedder.embed([TEXT]) == [[1.0, *[0.0] * (DIMENSIONS - 1)]]


def duplicate_index(answer: Answer) -> None:
    answer["data"][0]["index"] = answer["data"][1]["index"]


FAULTS: dict[str, Fault] = {
    "busy": status(429, retry_after="60"),
    "busy for milliseconds": status(429, retry_after_ms="60000"),
    "busy for no stated time": status(429),
    "500": status(500),
    "503": status(503),
    "403": status(403),
    "404": status(404),
    "redirect": status(307, location="/v1/elsewhere"),
    "hanging": hanging,
    "slow body": slow_body,
    "cut off": cut_off,
    "HTML": page,
    "half of the JSON": half,
    "nesting without end": body("[" * 100_000),
    "a list": body("[]"),
    "too few": changed(lambda answer: answer["data"].pop()),
    "too many": changed(lambda answer: answer["data"].append(answer["data"][0] | {"index": 2})),
    "an index twice": changed(duplicate_index),
    "an index that is none": changed(lambda answer: answer["data"][0].update(index=["0"])),
    "no data": changed(lambda answer: answer.update(data=None)),
    "no model": changed(lambda answer: answer.pop("model")),
    "another model": changed(lambda answer: answer.update(model="text-embedding-3-large")),
    "512 dimensions": every_vector([1.0] * 512),
    "512 dimensions in a list": changed(lambda answer: answer["data"][0].update(embedding=[1.0] * 512)),
    "text in a list": changed(lambda answer: answer["data"][0].update(embedding=["1"] * DIMENSIONS)),
    "no base64": changed(lambda answer: answer["data"][0].update(embedding="ä" * 8192)),
    "null": changed(lambda answer: answer["data"][0].update(embedding=None)),
    "NaN": every_vector([math.nan, *[1.0] * (DIMENSIONS - 1)]),
    "infinity": every_vector([math.inf, *[1.0] * (DIMENSIONS - 1)]),
    "NaN in a list": changed(lambda answer: answer["data"][0].update(embedding=[math.nan, *[1.0] * (DIMENSIONS - 1)])),
    "all zero": every_vector([0.0] * DIMENSIONS),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_every_fault_is_a_failure_in_time_and_tells_nothing(
    embedder: Embedder, openai_service: OpenAIService, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    openai_service.fault = fault
    began = time.monotonic()
    failure = await failure_of(embedder.embed([TEXT, TEXT], seconds=SECONDS))
    assert time.monotonic() - began < SECONDS + LATE
    told = "".join(traceback.format_exception(failure)) + caplog.text
    for secret in (KEY, "hunter2", TEXT, "swordfish"):
        assert secret not in told


async def test_a_wrong_key_is_a_failure_and_not_quoted(openai_service: OpenAIService, clock: FakeClock) -> None:
    wrong = Secret("openai-api-key", "sk-hunter3", "1")
    async with embedder_with(openai_service.base_url, wrong, clock=clock) as embedder:
        failure = await failure_of(embedder.embed([TEXT]))
    assert "401" in str(failure)
    assert "hunter3" not in "".join(traceback.format_exception(failure))
    assert len(openai_service.requests) == 1


@pytest.mark.parametrize("key", ["", "ключ", "two\r\nlines: 1"])
async def test_a_key_that_is_none_is_a_failure_and_not_quoted(
    openai_service: OpenAIService, clock: FakeClock, key: str
) -> None:
    async with embedder_with(openai_service.base_url, Secret("openai-api-key", key, "1"), clock=clock) as embedder:
        failure = await failure_of(embedder.embed([TEXT], seconds=SECONDS))
    assert not key or key not in "".join(traceback.format_exception(failure))
    assert not openai_service.requests


async def test_without_a_key_nobody_is_asked(openai_service: OpenAIService, clock: FakeClock) -> None:
    async with embedder_with(openai_service.base_url, clock=clock) as embedder:
        assert "openai-api-key" in str(await failure_of(embedder.embed([TEXT])))
    assert not openai_service.requests


async def test_a_key_that_is_replaced_needs_no_restart(openai_service: OpenAIService, clock: FakeClock) -> None:
    source = KeptSecrets(Secret("openai-api-key", KEY, "1"))
    key = vault_key(Vault(source, clock=clock))
    embedder = Embedder(openai_service.base_url, MODEL, lambda _: key)
    await embedder.embed([TEXT])
    source.keys = [Secret("openai-api-key", "sk-another", "2")]
    openai_service.keys = {"sk-another"}
    clock.now += 300
    await embedder.embed([TEXT])
    await embedder.close()


async def test_a_service_that_nobody_runs_is_a_failure(clock: FakeClock) -> None:
    async with embedder_with("http://127.0.0.1:9/v1", Secret("openai-api-key", KEY, "1"), clock=clock) as embedder:
        await failure_of(embedder.embed([TEXT], seconds=SECONDS))


async def test_a_connection_that_is_reset_is_a_failure(clock: FakeClock) -> None:
    resets = 0

    def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal resets
        resets += 1
        writer.transport.abort()

    server = await asyncio.start_server(reset, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server, embedder_with(url, Secret("openai-api-key", KEY, "1"), clock=clock) as embedder:
        await failure_of(embedder.embed([TEXT], seconds=SECONDS))
    assert resets > 1


@pytest.mark.parametrize("code", [400, 422])
async def test_a_text_that_the_service_does_not_take_is_refused_at_once(
    embedder: Embedder, openai_service: OpenAIService, code: int
) -> None:
    openai_service.fault = status(code)
    with pytest.raises(TextRefused) as refusal:
        await embedder.embed([TEXT])
    assert TEXT not in "".join(traceback.format_exception(refusal.value))
    assert len(openai_service.requests) == 1


async def test_the_service_says_which_texts_it_does_not_take(embedder: Embedder) -> None:
    with pytest.raises(TextRefused):
        await embedder.embed([TEXT, ""])


@pytest.mark.parametrize("fault", [status(500), status(503), status(429, retry_after_ms="10"), cut_off])
async def test_what_passes_is_tried_again(embedder: Embedder, openai_service: OpenAIService, fault: Fault) -> None:
    openai_service.faults.append(fault)
    await embedder.embed([TEXT])
    assert len(openai_service.requests) == 2


async def test_what_does_not_pass_is_tried_three_times(embedder: Embedder, openai_service: OpenAIService) -> None:
    openai_service.fault = status(503, retry_after_ms="1")
    failure = await failure_of(embedder.embed([TEXT]))
    assert failure.retry_after == 0.001
    assert len(openai_service.requests) == 3


async def test_a_service_that_wants_no_second_attempt_gets_none(
    embedder: Embedder, openai_service: OpenAIService
) -> None:
    openai_service.fault = status(429, x_should_retry="false")
    await failure_of(embedder.embed([TEXT]))
    assert len(openai_service.requests) == 1


async def test_a_wait_that_the_service_asks_for_is_kept(embedder: Embedder, openai_service: OpenAIService) -> None:
    openai_service.faults.append(status(429, retry_after_ms="250"))
    began = time.monotonic()
    await embedder.embed([TEXT])
    assert time.monotonic() - began > 0.25


async def test_a_wait_beyond_the_deadline_is_told_and_not_begun(
    embedder: Embedder, openai_service: OpenAIService
) -> None:
    openai_service.fault = status(429, retry_after="7")
    began = time.monotonic()
    failure = await failure_of(embedder.embed([TEXT], seconds=5))
    assert time.monotonic() - began < 4  # what it has, waited for in vain, would be five
    assert failure.retry_after == 7


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "20", "retry-after": "1"}, 0.02),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "later"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_what_a_service_says_of_the_time_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


async def test_texts_go_where_the_operator_said_and_nowhere_else(
    embedder: Embedder, openai_service: OpenAIService
) -> None:
    openai_service.fault = status(307, location=f"{openai_service.base_url.removesuffix('/v1')}/openai/v1/embeddings")
    await failure_of(embedder.embed([TEXT]))
    assert len(openai_service.requests) == 1


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    openai_service: OpenAIService, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with embedder_with(openai_service.base_url, Secret("openai-api-key", KEY, "1"), clock=clock) as embedder:
        await embedder.embed([TEXT])


async def test_a_caller_who_goes_away_is_no_failure(embedder: Embedder, openai_service: OpenAIService) -> None:
    openai_service.fault = hanging
    asking = asyncio.create_task(embedder.embed([TEXT]))
    while not openai_service.requests:
        await asyncio.sleep(0.001)
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
    openai_service.fault = None
    await embedder.embed([TEXT])


async def test_the_deadline_holds_while_the_sdk_is_loaded_and_loading_goes_on(openai_service: OpenAIService) -> None:
    loaded, key = Event(), vault_key(Vault(KeptSecrets(Secret("openai-api-key", KEY, "1"))))
    embedder = Embedder(openai_service.base_url, MODEL, lambda _: key if loaded.wait(10) else key)
    failure = await failure_of(embedder.embed([TEXT], seconds=0.05))
    ready = [embedder.ready]
    loaded.set()
    await embedder.embed([TEXT])
    ready.append(embedder.ready)
    await embedder.close()
    assert "0.05 s" in str(failure)
    assert ready == [False, True]


async def test_a_large_answer_does_not_hold_up_the_event_loop(embedder: Embedder) -> None:
    spent = [0.0]

    async def tick() -> None:
        last = time.thread_time()  # of the event loop's thread, whatever else the machine does
        while True:
            await asyncio.sleep(0.001)
            spent.append(time.thread_time() - last)
            last = time.thread_time()

    ticking = asyncio.create_task(tick())
    await embedder.embed([f"paint number {number}" for number in range(MAX_TEXTS + 1)])  # and goes on behind it
    ticking.cancel()
    assert max(spent) < BLOCKED


LATE_IMPORT = """if True:
    import asyncio, sys, time
    from shared.embeddings.embedder import Embedder
    from shared.errors import EmbedderFailure

    async def main():
        gaps = []

        async def tick():
            last = time.process_time()  # of this process alone, whatever else the machine does
            while True:
                await asyncio.sleep(0.001)
                gaps.append(time.process_time() - last)
                last = time.process_time()

        ticking = asyncio.create_task(tick())
        embedder = Embedder("http://127.0.0.1:9/v1", "m", lambda _: asyncio.sleep)
        assert "openai" not in sys.modules
        await embedder.begin()
        assert "openai" in sys.modules
        assert len(gaps) > 10
        print(max(gaps))
        await embedder.close()

    asyncio.run(main())
"""


def test_loading_the_sdk_does_not_hold_up_the_event_loop() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE_IMPORT], cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < BLOCKED
