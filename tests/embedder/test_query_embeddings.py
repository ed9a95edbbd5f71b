"""What a search asks for: soon or not at all, once for a caller, and never of a service that is down."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from threading import Event
from uuid import UUID

import pytest

from shared.components import Component
from shared.embeddings.embedder import Embedder
from shared.embeddings.identity import vault_key
from shared.embeddings.of_queries import FAILURES, KEPT_SECONDS, OPEN_SECONDS, SECONDS, QueryEmbeddings
from shared.errors import EmbedderFailure, TextRefused
from shared.vault import Secret, Vault
from tests.clock import FakeClock
from tests.conftest import KeptSecrets
from tests.embedder.openai_service import KEY, MODELS, OpenAIService, hanging, status

pytestmark = pytest.mark.anyio

MODEL = MODELS[0]
SOMEBODY, SOMEBODY_ELSE = UUID(int=1), UUID(int=2)
DOWN = status(403)
"""A failure that no second attempt follows."""


@pytest.fixture
def component() -> Component:
    return Component("embedder")


@pytest.fixture
async def queries(embedder: Embedder, clock: FakeClock, component: Component) -> AsyncIterator[QueryEmbeddings]:
    queries = QueryEmbeddings(embedder, clock=clock, component=component)
    yield queries
    await queries.close()


async def ask_all(queries: QueryEmbeddings, texts: Sequence[str]) -> list[object]:
    """All at once; vectors or errors."""
    asked = (queries.embedding(SOMEBODY, text, MODEL) for text in texts)
    return list(await asyncio.gather(*asked, return_exceptions=True))


async def failure_of(queries: QueryEmbeddings, text: str = "paint") -> EmbedderFailure:
    with pytest.raises(EmbedderFailure) as failure:
        await queries.embedding(SOMEBODY, text, MODEL)
    return failure.value


async def fail(queries: QueryEmbeddings, times: int) -> None:
    """One after the other."""
    for _ in range(times):
        await failure_of(queries)


async def test_a_question_that_comes_again_is_not_asked_again(
    queries: QueryEmbeddings, embedder: Embedder, openai_service: OpenAIService
) -> None:
    first = await queries.embedding(SOMEBODY, "paint", MODEL)
    assert await queries.embedding(SOMEBODY, "paint", MODEL) == first
    assert len(openai_service.requests) == 1
    assert first == pytest.approx((await embedder.embed(["paint"]))[0], abs=1e-7)


async def test_a_caller_cannot_change_what_is_kept(queries: QueryEmbeddings) -> None:
    first = await queries.embedding(SOMEBODY, "paint", MODEL)
    first.clear()
    assert await queries.embedding(SOMEBODY, "paint", MODEL)


@pytest.mark.parametrize(
    "other", [(SOMEBODY_ELSE, "paint", MODEL), (SOMEBODY, "Paint", MODEL), (SOMEBODY, "paint", MODELS[1])]
)
async def test_another_caller_text_or_model_is_another_question(
    queries: QueryEmbeddings, openai_service: OpenAIService, other: tuple[UUID, str, str]
) -> None:
    await asyncio.gather(queries.embedding(SOMEBODY, "paint", MODEL), queries.embedding(*other))
    await queries.embedding(*other)
    assert len(openai_service.requests) == 2


async def test_an_answer_is_kept_for_an_hour(
    queries: QueryEmbeddings, openai_service: OpenAIService, clock: FakeClock
) -> None:
    for seconds, requests in ((0, 1), (KEPT_SECONDS - 1, 1), (1, 2)):
        clock.now += seconds
        await queries.embedding(SOMEBODY, "paint", MODEL)
        assert len(openai_service.requests) == requests


async def test_so_many_answers_are_kept_and_no_more(embedder: Embedder, openai_service: OpenAIService) -> None:
    queries = QueryEmbeddings(embedder, kept=3)
    for text in ("one", "two", "three", "four", "four", "three", "two"):
        await queries.embedding(SOMEBODY, text, MODEL)
    assert len(openai_service.requests) == 4
    await queries.embedding(SOMEBODY, "one", MODEL)
    assert len(openai_service.requests) == 5


async def test_equal_questions_at_the_same_time_are_one_request(
    queries: QueryEmbeddings, openai_service: OpenAIService
) -> None:
    answers = await ask_all(queries, ["paint"] * 50)
    assert len(openai_service.requests) == 1
    assert all(answer == answers[0] for answer in answers)
    assert isinstance(answers[0], list)


async def test_a_caller_who_goes_away_takes_the_answer_from_nobody(
    queries: QueryEmbeddings, openai_service: OpenAIService
) -> None:
    leaving, staying = (asyncio.create_task(queries.embedding(SOMEBODY, "paint", MODEL)) for _ in range(2))
    while not openai_service.requests:
        await asyncio.sleep(0)
    leaving.cancel()
    assert await staying
    assert leaving.cancelled()
    assert len(openai_service.requests) == 1


async def test_a_failure_is_not_kept(queries: QueryEmbeddings, openai_service: OpenAIService) -> None:
    openai_service.faults.append(DOWN)
    answers = await ask_all(queries, ["paint"] * 10)
    assert all(isinstance(answer, EmbedderFailure) for answer in answers)
    assert await queries.embedding(SOMEBODY, "paint", MODEL)


async def test_a_search_does_not_wait_for_a_service_that_hangs(
    queries: QueryEmbeddings, openai_service: OpenAIService
) -> None:
    openai_service.fault = hanging
    began = time.monotonic()
    await failure_of(queries)
    assert SECONDS - 0.1 < time.monotonic() - began < SECONDS + 0.5


async def test_a_service_that_fails_is_left_alone(
    queries: QueryEmbeddings, openai_service: OpenAIService, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    await queries.embedding(SOMEBODY, "known", MODEL)
    openai_service.fault = DOWN
    await fail(queries, FAILURES)
    requests = len(openai_service.requests)
    clock.now += 10
    answers = await ask_all(queries, [f"question {number}" for number in range(50)])
    assert [getattr(answer, "retry_after", None) for answer in answers] == [OPEN_SECONDS - 10] * 50
    assert len(openai_service.requests) == requests
    assert await queries.embedding(SOMEBODY, "known", MODEL)  # what is kept needs nobody
    assert "closed, is open" in caplog.text


async def test_of_fifty_at_once_one_tries_whether_the_service_is_back(
    queries: QueryEmbeddings, openai_service: OpenAIService, clock: FakeClock, component: Component
) -> None:
    openai_service.fault = DOWN
    await fail(queries, FAILURES)
    assert (component.state, component.last_error) == ("down", "BreakerOpen")
    texts = [f"question {number}" for number in range(50)]
    for back in (False, True):
        openai_service.fault = None if back else DOWN
        openai_service.requests.clear()
        clock.now += OPEN_SECONDS
        answers = await ask_all(queries, texts)
        assert len(openai_service.requests) == 1
        assert [isinstance(answer, list) for answer in answers].count(True) == back
        waits = sorted(answer.retry_after or 0 for answer in answers if isinstance(answer, EmbedderFailure))
        assert waits[1:] == [SECONDS] * len(waits[1:])  # but for the one that tried
    answers = await ask_all(queries, texts)
    assert all(isinstance(answer, list) for answer in answers)
    assert component.state == "up"


async def test_a_success_between_failures_resets_their_count(
    queries: QueryEmbeddings, openai_service: OpenAIService
) -> None:
    for _ in range(3):
        openai_service.fault = DOWN
        await fail(queries, FAILURES - 1)
        openai_service.fault = None
        await queries.embedding(SOMEBODY_ELSE, f"after {len(openai_service.requests)}", MODEL)


async def test_a_refused_text_is_no_failure_of_the_service(
    queries: QueryEmbeddings, openai_service: OpenAIService
) -> None:
    openai_service.fault = status(400)
    for _ in range(2 * FAILURES):
        with pytest.raises(TextRefused):
            await queries.embedding(SOMEBODY, "paint", MODEL)
    assert len(openai_service.requests) == 2 * FAILURES


async def test_callers_who_go_away_are_no_failures_of_the_service(
    queries: QueryEmbeddings, openai_service: OpenAIService
) -> None:
    for number in range(2 * FAILURES):
        asking = asyncio.create_task(queries.embedding(SOMEBODY, f"question {number}", MODEL))
        while len(openai_service.requests) == number:
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
    assert await queries.embedding(SOMEBODY, "question 0", MODEL)


async def test_waiting_for_the_sdk_is_no_failure_of_the_service(openai_service: OpenAIService) -> None:
    loaded, key = Event(), vault_key(Vault(KeptSecrets(Secret("openai-api-key", KEY, "1"))))
    embedder = Embedder(openai_service.base_url, MODEL, lambda _: key if loaded.wait(10) else key)
    queries = QueryEmbeddings(embedder, seconds=0.3)
    answers = await ask_all(queries, [f"question {number}" for number in range(2 * FAILURES)])
    assert all(isinstance(answer, EmbedderFailure) for answer in answers)
    loaded.set()
    await embedder.begin()
    assert await queries.embedding(SOMEBODY, "paint", MODEL)
    await embedder.close()


async def test_closing_ends_what_is_under_way(queries: QueryEmbeddings, openai_service: OpenAIService) -> None:
    openai_service.fault = hanging
    asking = asyncio.create_task(queries.embedding(SOMEBODY, "paint", MODEL))
    while not openai_service.requests:
        await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await queries.close()
        await asyncio.wait({asking})
    assert asking.cancelled()
