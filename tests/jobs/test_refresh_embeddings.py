"""What is new is embedded, once, whatever happens meanwhile."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from os import kill

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.embeddings.store import Progress
from shared.jobs.refresh_embeddings import Effort
from tests.conftest import REPOSITORY, Database
from tests.embedder.openai_service import MODELS, Answer, OpenAIService, status
from tests.jobs.conftest import BRIEF, Refresh, asked_texts, assert_all_embedded, texts_of
from tests.processes import all_end

KILLS = 50

pytestmark = pytest.mark.anyio


async def test_every_product_is_embedded_once(database: Database, service: OpenAIService, refresh: Refresh) -> None:
    progress = await refresh()
    assert (progress.waiting, progress.refused, progress.served) == (0, 0, MODELS[0])
    assert_all_embedded(database)
    assert sorted(asked_texts(service)) == sorted(texts_of(database).values())
    service.reset()
    await refresh()
    assert service.requests == []


async def test_a_worker_waits_for_what_others_do_and_not_for_their_leases(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    service.faults.append(_slowly)
    async with asyncio.timeout(60):  # a lease is two minutes
        await refresh(effort=Effort(seconds=600, patience=600), batch=110)
    assert_all_embedded(database)


async def test_only_what_changes_the_text_is_embedded_anew(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    await refresh()
    service.reset()
    with database.as_superuser() as superuser:
        superuser.execute("UPDATE retail.products SET base_price = base_price + 1, product_name = product_name")
        superuser.execute("UPDATE retail.products SET product_description = 'A whistle.' WHERE product_id = 7")
        superuser.execute(
            "INSERT INTO retail.products"
            " (sku, product_name, category_id, type_id, cost, base_price, product_description)"
            " SELECT 'NEW-1', 'Kazoo', category_id, type_id, 1, 2, 'Hums along.' FROM retail.products LIMIT 1"
        )
        superuser.execute("DELETE FROM retail.inventory WHERE product_id = 9")
        superuser.execute("DELETE FROM retail.order_items WHERE product_id = 9")
        superuser.execute("DELETE FROM retail.products WHERE product_id = 9")
        [[name]] = superuser.execute("SELECT product_name FROM retail.products WHERE product_id = 7")
    await refresh()
    assert sorted(asked_texts(service)) == sorted([f"A whistle. {name}", "Hums along. Kazoo"])
    assert_all_embedded(database)


async def test_who_writes_products_waits_for_no_worker_and_fails_for_none(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    """The writer holds products that the worker wants, then wants what the worker had: no deadlock comes of it."""
    rewrite = "UPDATE retail.products SET product_description = product_description || '!' WHERE product_id = ANY (%s)"
    with database.as_superuser() as writer:
        for first, then in ([300, 2], [2, 300]), ([1, 400], [400, 1]):
            writer.execute("BEGIN")
            writer.execute("SET LOCAL deadlock_timeout = '10ms'")  # the writer would be the victim
            writer.execute("UPDATE retail.products SET base_price = base_price + 1 WHERE product_id = 300")
            writer.execute(rewrite, (first,))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_to_its_end(refresh(effort=BRIEF)))
                await asyncio.sleep(0.5)
                await asyncio.to_thread(writer.execute, rewrite, (then,))
            writer.execute("COMMIT")
    await refresh()
    assert_all_embedded(database)


async def test_a_text_that_changes_while_it_is_embedded_is_embedded_as_it_is_then(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    def changes_meanwhile(answer: Answer) -> ASGIApp:
        with database.as_superuser() as superuser:
            superuser.execute("UPDATE retail.products SET product_description = 'New.' WHERE product_id <= 40")
        return _good(answer)

    service.faults.append(changes_meanwhile)
    await refresh()
    assert_all_embedded(database)


async def test_vectors_of_unknown_origin_are_made_anew(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    await refresh()
    service.reset()
    with database.as_superuser() as superuser:
        superuser.execute("DELETE FROM retail.product_description_embeddings WHERE product_id = 5")
        superuser.execute(  # with the original's columns alone
            "INSERT INTO retail.product_description_embeddings (product_id, description_embedding)"
            " SELECT 5, description_embedding FROM retail.product_description_embeddings WHERE product_id = 6"
        )
    await refresh()
    assert asked_texts(service) == [texts_of(database)[5]]
    assert_all_embedded(database)


async def test_another_model_is_served_once_all_of_it_is_there(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    old, new = MODELS[:2]
    await refresh(old)
    service.fault = status(500)
    progress = await refresh(new, effort=BRIEF)
    assert progress.served == old
    assert progress.waiting == len(texts_of(database))
    service.fault = None
    _all_due(database)
    assert (await refresh(new)).served == new
    assert_all_embedded(database, new)
    # The former model's are kept for a day, so a deploy that is taken back is served at once.
    service.reset()
    assert (await refresh(old)).served == old
    assert service.requests == []
    with database.as_superuser() as superuser:
        superuser.execute("UPDATE ops.served_model SET served_since = served_since - interval '25 hours'")
    await refresh(old)
    with database.as_superuser() as superuser:
        models = superuser.execute("SELECT DISTINCT model FROM retail.product_description_embeddings").fetchall()
    assert models == [(old,)]


async def test_a_failing_service_is_tried_again_later_and_later(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    service.fault = status(503)
    progress = await refresh(effort=BRIEF, batch=110)  # four of these are all
    asked = len(service.requests)
    assert progress.waiting == len(texts_of(database))
    assert (progress.next_due_seconds or 0) > 0
    assert 0 < asked <= 16  # four workers stop behind their first failure; the embedder tries thrice itself
    assert (progress.oldest_seconds or 0) > 0
    service.reset()
    _all_due(database)
    assert (await refresh()).waiting == 0
    assert_all_embedded(database)


async def test_a_time_named_by_the_service_is_kept(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    service.fault = status(429, retry_after="90")
    progress = await refresh(effort=BRIEF, batch=500)
    assert progress.next_due_seconds == pytest.approx(90, abs=10)


async def test_a_refused_text_holds_nobody_up(database: Database, service: OpenAIService, refresh: Refresh) -> None:
    with database.as_superuser() as superuser:
        superuser.execute("UPDATE retail.products SET product_description = 'unspeakable' WHERE product_id = 11")

    def unspeakable(answer: Answer) -> ASGIApp:
        refused = any("unspeakable" in text for text in answer["texts"])
        return status(400)(answer) if refused else _good(answer)

    service.fault = unspeakable
    progress = await refresh()
    assert (progress.waiting, progress.refused, progress.served) == (0, 1, MODELS[0])
    with database.as_superuser() as superuser:
        [[count]] = superuser.execute("SELECT count(*) FROM retail.product_description_embeddings")
    assert count == len(texts_of(database)) - 1
    service.requests.clear()
    await refresh()
    assert service.requests == []  # not before its text changes
    with database.as_superuser() as superuser:
        superuser.execute("UPDATE retail.products SET product_description = 'A saw.' WHERE product_id = 11")
    assert (await refresh()).refused == 0
    assert_all_embedded(database)


async def test_a_service_that_takes_no_text_refuses_none_of_them(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    service.fault = status(400)
    progress = await refresh(effort=BRIEF)
    assert progress.refused == 0
    assert progress.waiting == len(texts_of(database))


async def test_what_somebody_else_has_claimed_meanwhile_is_not_stored(
    database: Database, service: OpenAIService, refresh: Refresh
) -> None:
    def taken_over(answer: Answer) -> ASGIApp:
        with database.as_superuser() as superuser:
            superuser.execute("UPDATE ops.embedding_queue SET claim = claim + 1, due_at = now()")
        service.fault = None
        return _good(answer)

    service.fault = taken_over
    await refresh(batch=500)
    assert_all_embedded(database)
    assert max(Counter(asked_texts(service)).values()) == 2


def test_refreshes_killed_at_any_point_lose_nothing_and_do_nothing_twice(
    database: Database, service: OpenAIService
) -> None:
    drawn = random.Random(20261122)
    needless: list[str] = []
    held = 0

    def watched(answer: Answer) -> ASGIApp:
        with database.as_superuser() as superuser:
            needless.extend(
                text for [text] in superuser.execute(
                    "SELECT text FROM ops.embedding_texts AS wanted"
                    " JOIN retail.product_description_embeddings AS made USING (product_id)"
                    " WHERE text = ANY (%s) AND made.content_hash = wanted.content_hash", (answer["texts"],)
                )
            )  # fmt: skip
        return _good(answer)

    service.fault = watched
    with nursery(database, service) as bear, database.as_superuser() as editor:
        alive = [bear(), bear()]
        for _ in range(KILLS):
            time.sleep(drawn.uniform(0, 0.2))  # the point in time is what is drawn
            victim = drawn.randrange(2)
            kill(alive[victim], signal.SIGKILL)
            [[count]] = editor.execute("SELECT count(*) FROM ops.embedding_queue WHERE due_at > now()")
            held += count > 0
            changed = drawn.sample(range(1, 425), 12)
            editor.execute(
                "UPDATE retail.products SET product_description = product_description || '!'"
                " WHERE product_id = ANY (%s)",
                (changed,),
            )
            alive[victim] = bear()
        assert all_end(dict(zip(("one", "other"), alive, strict=True)), seconds=60)
        assert held > KILLS / 2, "most were killed when there was nothing to do"
        assert_all_embedded(database)
        assert needless == []
        service.requests.clear()
        last = {"one": bear(), "other": bear()}
        assert all_end(last, seconds=30)
    assert service.requests == []
    assert_all_embedded(database)


@contextmanager
def nursery(database: Database, service: OpenAIService) -> Iterator["Bear"]:
    """Bears refreshes; what still runs ends with it."""
    command = [sys.executable, "-m", "tests.jobs.nursery", database.jobs_url, service.base_url]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield Bear(process)
    finally:
        kill(-process.pid, signal.SIGKILL)
        process.communicate()


class Bear:
    """Starts a refresh; gives its process id."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self) -> int:
        assert self._process.stdin
        assert self._process.stdout
        print(file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


async def _to_its_end(awaited: Awaitable[Progress]) -> None:
    await awaited


def _slowly(answer: Answer) -> ASGIApp:
    """So that the other workers have nothing left to do meanwhile."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1.5)
        await JSONResponse(answer)(scope, receive, send)

    return respond


def _good(answer: Answer) -> ASGIApp:
    return JSONResponse(answer)


def _all_due(database: Database) -> None:
    with database.as_superuser() as superuser:
        superuser.execute("UPDATE ops.embedding_queue SET due_at = now()")
