"""A task that asks its client in the middle waits for the answers, on no instance, and goes on with them on any."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from mcp import MCPError
from mcp.types import ElicitResult, InputRequiredResult

from tests.conftest import Database
from tests.processes import eventually
from tests.tasks.asking import add_asking
from tests.tasks.conftest import Instance, StartInstance
from tests.tasks.following import Handle, answer, ask, ended, refusal, task_by
from tests.tasks.test_taking_over import granted, withdraw
from tests.tasks.test_tasks import UNKNOWN, task_rows

__all__ = ["granted"]  # a fixture
pytestmark = pytest.mark.anyio

EMPTY = (None, None, None)
"""What a row of a task that has ended has of its questions."""
type StartAsking = Callable[[], Any]


@pytest.fixture
def start_asking(start_instance: StartInstance, kept: Database) -> StartAsking:
    """One more instance, with tools that ask."""
    return partial(start_instance, kept, extend=add_asking)


@pytest.fixture
async def asking(start_asking: StartAsking, kept: Database) -> Instance:
    with kept.as_superuser() as superuser:
        superuser.execute("TRUNCATE ops.tasks")
    instance: Instance = await start_asking()
    return instance


def text_of(told: dict[str, Any]) -> str:
    assert told["status"] == "completed", told
    text: str = told["result"]["content"][0]["text"]
    return text


def row_of(database: Database, columns: str) -> tuple[Any, ...] | None:
    """Of the one task there is."""
    with database.as_superuser() as superuser:
        return superuser.execute(f"SELECT {columns} FROM ops.tasks".encode()).fetchone()


def left_over(database: Database) -> tuple[Any, ...] | None:
    return row_of(database, "input_requests, input_responses, request_state")


def abandon(database: Database, **arguments: Any) -> None:
    """As if the lease of the tasks at work had ended; with other arguments, to be quick."""
    with database.as_superuser() as superuser:
        changed = superuser.execute(
            "UPDATE ops.tasks SET lease_until = clock_timestamp(),"
            " arguments = (arguments::jsonb || %s)::json WHERE status = 'working'",
            (psycopg.types.json.Jsonb(arguments),),
        )
        assert changed.rowcount


def leased(database: Database) -> int:
    with database.as_superuser() as superuser:
        [count] = superuser.execute(
            "SELECT count(*) FROM ops.tasks WHERE status = 'working' AND lease_until > clock_timestamp()"
        ).fetchone() or [0]
    return int(count)


async def test_a_task_asks_and_goes_on_with_the_answers(asking: Instance, kept: Database) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "greet_three")
        first = await ended(client, task_id)
        assert first["status"] == "input_required"
        assert first["inputRequests"].keys() == {"1.first", "1.second"}
        assert first["inputRequests"]["1.first"]["method"] == "elicitation/create"
        assert first["inputRequests"]["1.first"]["params"]["message"] == "Who?"

        await answer(client, task_id, _1_second="Grace", _2_first="too early", _nobody="asked")
        half = await ask(client, "tasks/get", task_id)
        assert (half["status"], half["inputRequests"].keys()) == ("input_required", {"1.first"})
        await answer(client, task_id, _1_second="Alan")  # was answered
        assert await ask(client, "tasks/get", task_id) == half

        await answer(client, task_id, _1_first="Ada\0")
        second = await ended(client, task_id)
        assert (second["status"], second["inputRequests"].keys()) == ("input_required", {"2.first"})
        await answer(client, task_id, _1_first="of the round before")
        assert await ask(client, "tasks/get", task_id) == second
        assert first["lastUpdatedAt"] < half["lastUpdatedAt"] < second["lastUpdatedAt"]

        await answer(client, task_id, _2_first="Mary")
        last = await ended(client, task_id)
        assert text_of(last) == "Hello Ada\0, Grace and Mary"
        await answer(client, task_id, _2_first="Mary")
        assert await ask(client, "tasks/get", task_id) == last
    assert row_of(kept, "rounds, attempts") == (2, 3)
    assert left_over(kept) == EMPTY


async def test_another_instance_goes_on_with_the_answers(
    asking: Instance, start_asking: StartAsking, kept: Database
) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "greet_three")
        await ended(client, task_id)
        await answer(client, task_id, _1_first="Ada")
    await asking.end()
    other: Instance = await start_asking()
    async with other.client("kirkland") as client:
        assert (await ask(client, "tasks/get", task_id))["inputRequests"].keys() == {"1.second"}
        await answer(client, task_id, _1_second="Grace")
        await ended(client, task_id)
        await answer(client, task_id, _2_first="Mary")
        assert text_of(await ended(client, task_id)) == "Hello Ada, Grace and Mary"


async def test_an_instance_that_ends_over_the_answers_leaves_them_to_another(
    asking: Instance, start_asking: StartAsking, kept: Database
) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "answer_after", seconds=600)
        await ended(client, task_id)
        await answer(client, task_id, _1_name="Ada")
        await asyncio.to_thread(eventually, lambda: leased(kept) == 1, "the work with the answer")
    await asking.end()
    abandon(kept, seconds=0)
    other: Instance = await start_asking()
    async with other.client("kirkland") as client:
        assert text_of(await ended(client, task_id)) == "Ada"
    assert row_of(kept, "rounds, attempts") == (1, 3)


async def test_rounds_do_not_count_as_instances_that_ended(asking: Instance, kept: Database) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "answer_after", seconds=600)
        await ended(client, task_id)
        with kept.as_superuser() as superuser:
            superuser.execute("UPDATE ops.tasks SET attempts = 3")  # begun three times until it could ask
        await answer(client, task_id, _1_name="Ada")
        await asyncio.to_thread(eventually, lambda: leased(kept) == 1, "the work with the answer")
        abandon(kept, seconds=0)
        told = await ended(client, task_id)
    assert "given up" in told["error"]["message"]


async def test_answers_that_come_at_once_are_all_taken(
    asking: Instance, start_asking: StartAsking, kept: Database
) -> None:
    """Both wait for the row, so the second one to write it began before the first had."""
    other: Instance = await start_asking()
    async with asking.client("kirkland") as one, other.client("kirkland") as another:
        task_id = await task_by(one, "greet_three")
        await ended(one, task_id)

        def both_wait() -> bool:
            return waiting.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (2,)

        with kept.as_superuser() as holding, kept.as_superuser() as waiting:
            with holding.transaction():
                holding.execute("SELECT FROM ops.tasks FOR UPDATE")
                answers = asyncio.gather(
                    answer(one, task_id, _1_first="Ada"), answer(another, task_id, _1_second="Grace")
                )
                await asyncio.to_thread(eventually, both_wait, "the wait for the row")
            await answers
        assert (await ended(one, task_id))["inputRequests"].keys() == {"2.first"}
        await answer(another, task_id, _2_first="Mary")
        assert text_of(await ended(one, task_id)) == "Hello Ada, Grace and Mary"


async def test_only_the_principal_answers(asking: Instance, kept: Database) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "answer_after", seconds=0)
        before = await ended(client, task_id)
        async with asking.client("seattle") as stranger:
            responses = {"1.name": {"action": "accept", "content": {"name": "Mallory"}}}
            with pytest.raises(MCPError, match="Unknown task"):
                await ask(stranger, "tasks/update", task_id, input_responses=responses)
        assert await ask(client, "tasks/get", task_id) == before


@pytest.mark.parametrize(
    ("responses", "problem"),
    [
        (None, "inputResponses is not an object"),
        ([], "inputResponses is not an object"),
        ({"1.name": "Ada"}, "inputResponses: 1.name does not answer elicitation/create"),
        ({"1.name": {"roots": []}}, "inputResponses: 1.name does not answer elicitation/create"),
        (
            {"1.name": {"action": "accept", "content": {"name": "ß" * 50_000}}},
            "inputResponses: 1.name has more than 100000 bytes",
        ),
    ],
    ids=["none", "a list", "a text", "an answer to something else", "too long"],
)
async def test_what_is_no_answer_is_refused_and_changes_nothing(asking: Instance, responses: Any, problem: str) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "answer_after", seconds=0)
        before = await ended(client, task_id)
        with pytest.raises(MCPError, match=problem):
            await ask(client, "tasks/update", task_id, input_responses=responses)
        assert await ask(client, "tasks/get", task_id) == before


async def test_a_refused_answer_is_an_answer(asking: Instance) -> None:
    """The tool is told that its user declined; this one has no use for that, and asks again."""
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "greet_three")
        await ended(client, task_id)
        declined = {"action": "decline"}
        await ask(client, "tasks/update", task_id, input_responses={"1.first": declined, "1.second": declined})
        assert (await ended(client, task_id))["inputRequests"].keys() == {"2.first", "2.second"}


@pytest.mark.parametrize(
    ("requests", "characters", "state", "problem"),
    [
        (0, 1, 1, "asks for none"),
        (11, 1, 1, "too much"),
        (1, 100_000, 1, "too much"),
        (10, 10_000, 1, "too much"),
        (1, 1, 100_000, "too much"),
    ],
)
async def test_a_tool_that_asks_nothing_or_too_much_has_failed(
    asking: Instance, kept: Database, requests: int, characters: int, state: int, problem: str
) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "ask_much", requests=requests, characters=characters, state=state)
        told = await ended(client, task_id)
    assert (told["status"], told["error"]["code"]) == ("failed", -32603)
    assert problem in told["error"]["message"]
    assert left_over(kept) == EMPTY


async def test_a_tool_may_ask_as_much_as_the_bounds_say(asking: Instance) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "ask_much", requests=10, characters=9_800, state=99_990)
        assert len((await ended(client, task_id))["inputRequests"]) == 10
        await answer(client, task_id, _1_q0="one")
        assert len((await ask(client, "tasks/get", task_id))["inputRequests"]) == 9


async def test_a_tool_that_asks_for_ever_is_stopped(asking: Instance, kept: Database) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "ask_for_ever")
        for number in range(1, 11):
            assert (await ended(client, task_id))["inputRequests"].keys() == {f"{number}.roots"}
            await ask(client, "tasks/update", task_id, input_responses={f"{number}.roots": {"roots": []}})
        told = await ended(client, task_id)
    assert (told["status"], "10 rounds" in told["error"]["message"]) == ("failed", True)
    assert left_over(kept) == EMPTY


async def test_a_task_that_waits_is_cancelled(asking: Instance, kept: Database) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "greet_three")
        await ended(client, task_id)
        await answer(client, task_id, _1_first="Ada")
        await ask(client, "tasks/cancel", task_id)
        told = await ask(client, "tasks/get", task_id)
        assert (told["status"], "inputRequests" in told) == ("cancelled", False)
        await answer(client, task_id, _1_second="Grace")
        assert await ask(client, "tasks/get", task_id) == told
    assert left_over(kept) == EMPTY


async def test_a_task_that_waits_expires_like_any_other(asking: Instance, kept: Database) -> None:
    async with asking.client("kirkland") as client:
        task_id = await task_by(client, "greet_three")
        await ended(client, task_id)
        with kept.as_superuser() as superuser:
            superuser.execute("UPDATE ops.tasks SET expires_at = clock_timestamp()")
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            assert await refusal(client, task_id, method) == UNKNOWN
        await ended(client, await task_by(client, "answer_after", seconds=0))
    assert task_rows(kept) == 1


async def test_who_waits_does_not_work_and_two_go_on_at_a_time(asking: Instance, kept: Database) -> None:
    async with asking.client("kirkland") as client:
        waiting = [await task_by(client, "answer_after", seconds=600)]
        for _ in range(2):
            await ended(client, waiting[-1])
            waiting.append(await task_by(client, "answer_after", seconds=600))
        await ended(client, waiting[-1])
        for task_id in waiting:
            await answer(client, task_id, _1_name="Ada")
        assert [(await ask(client, "tasks/get", task_id))["status"] for task_id in waiting] == ["working"] * 3
        await asyncio.to_thread(eventually, lambda: leased(kept) == 2, "two at work")
        assert (await ask(client, "tasks/get", waiting[2]))["status"] == "working"
        assert leased(kept) == 2
        await ask(client, "tasks/cancel", waiting[0])
        async with asyncio.timeout(10):
            while leased(kept) < 2:  # the third one is taken up when its client asks and the first one has ended
                await ask(client, "tasks/get", waiting[2])


async def test_what_a_call_was_answered_before_it_became_a_task_goes_with_it(
    asking: Instance, start_asking: StartAsking, kept: Database
) -> None:
    async with asking.client("kirkland") as client:
        tool = "ask_early_and_late"
        asked = await client.session.call_tool(tool, {"seconds": 600}, allow_claimed=True, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)
        assert (asked.input_requests or {}).keys() == {"early"}
        assert task_rows(kept) == 0
        handle = await client.session.call_tool(
            tool,
            {"seconds": 600},
            input_responses={"early": ElicitResult(action="accept", content={"name": "Ada"})},
            request_state=asked.request_state,
            allow_claimed=True,
            allow_input_required=True,
        )
        assert isinstance(handle, Handle)
    await asking.end()
    abandon(kept, seconds=0.02)
    other: Instance = await start_asking()
    async with other.client("kirkland") as client:
        assert (await ended(client, handle.task_id))["inputRequests"].keys() == {"1.late"}
        await answer(client, handle.task_id, _1_late="Grace")
        assert text_of(await ended(client, handle.task_id)) == "Ada, Grace"


async def test_a_client_that_does_not_know_tasks_is_asked_by_the_call(asking: Instance, kept: Database) -> None:
    async with asking.client("kirkland", knows_tasks=False) as client:
        asked = await client.session.call_tool("greet_three", {}, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)
        assert (asked.input_requests or {}).keys() == {"first", "second"}
    assert task_rows(kept) == 0


async def test_a_grant_withdrawn_while_it_waits_hides_the_question(asking: Instance, granted: Database) -> None:
    async with asking.client("west-region") as client:
        task_id = await task_by(client, "answer_after", seconds=0)
        await ended(client, task_id)
        withdraw(granted, 6)
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            assert await refusal(client, task_id, method) == UNKNOWN


async def test_a_grant_withdrawn_before_the_answers_are_used_has_the_tool_ask_anew(
    asking: Instance, granted: Database
) -> None:
    async with asking.client("west-region") as client:
        task_id = await task_by(client, "answer_after", seconds=600)
        await ended(client, task_id)
        await answer(client, task_id, _1_name="of a store that is lost")
        await asyncio.to_thread(eventually, lambda: leased(granted) == 1, "the work with the answer")
        withdraw(granted, 6)
        abandon(granted, seconds=0)
        assert (await ended(client, task_id))["inputRequests"].keys() == {"2.name"}
        await answer(client, task_id, _2_name="Ada")
        assert text_of(await ended(client, task_id)) == "Ada"
