"""A long call becomes a task, whose owner follows it to its end, and nobody else."""

import asyncio
import time
from dataclasses import replace
from uuid import uuid4

import pytest
from mcp.types import CallToolResult

from shared.database.statement import MAX_PLAN_COST
from tests.attestation.sabotage import LEAK, sabotaged
from tests.conftest import Database, caller_of
from tests.processes import eventually
from tests.tasks.conftest import Instance, StartInstance
from tests.tasks.following import EXTENSION, Handle, ask, called, ended, refusal, task_of
from tests.tools.calls import data_of, fault_of, rows_of

pytestmark = pytest.mark.anyio

COUNT = "SELECT count(*) FROM retail.orders"
LONG = "SELECT count(*) FROM retail.orders AS o, generate_series(1, 200000) AS n WHERE o.order_id % 7 < n % 5"
"""Minutes, at a cost that a task may have and a call may not."""
UNKNOWN = (-32602, "Unknown task", None)


def rows_at_work(database: Database) -> int:
    """Statements of callers that read orders right now."""
    with database.as_superuser() as superuser:
        [count] = superuser.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE relation = 'retail.orders'::regclass AND usename = 'zava_app'"  # not autovacuum
        ).fetchone() or [0]
    return int(count)


def task_rows(database: Database) -> int:
    with database.as_superuser() as superuser:
        [count] = superuser.execute("SELECT count(*) FROM ops.tasks").fetchone() or [0]
    return int(count)


async def test_what_ends_within_the_grace_is_answered_as_ever(start_instance: StartInstance, sample: Database) -> None:
    patient = await start_instance(sample, task_grace_seconds=5)
    async with patient.client("kirkland") as client:
        assert await rows_of(client, COUNT) == [[2975]]
        assert (await fault_of(client, "execute_sales_query", postgresql_query="DELETE FROM orders")) is not None
    assert task_rows(sample) == 0


async def test_a_client_that_does_not_know_tasks_gets_what_it_always_got(instance: Instance, kept: Database) -> None:
    async with instance.client("kirkland", knows_tasks=False) as client:
        assert await rows_of(client, COUNT) == [[2975]]
        assert (await fault_of(client, "execute_sales_query", postgresql_query=LONG))["code"] == "TOO_EXPENSIVE"
        assert (await refusal(client, str(uuid4())))[0] == -32021
    assert task_rows(kept) == 0


async def test_a_task_says_when_to_ask_and_ends_with_the_result_of_the_call(instance: Instance) -> None:
    async with instance.client("kirkland") as client:
        handle = await called(client, COUNT)
        assert isinstance(handle, Handle)
        assert (handle.status, handle.ttl_ms, handle.poll_interval_ms) == ("working", 3_600_000, 1000)
        told = await ended(client, handle.task_id)
        assert told["status"] == "completed"
        assert told["createdAt"] == handle.created_at < told["lastUpdatedAt"]
        assert told["result"]["structuredContent"]["rows"] == [[2975]]
        assert told["result"]["content"] == [{"type": "text", "text": "count\n2975\n"}]
        assert await ask(client, "tasks/update", handle.task_id, input_responses={"nobody": {}}) is not None
        assert await ask(client, "tasks/get", handle.task_id) == told
        # The client's own loop.
        assert await rows_of(client, COUNT) == [[2975]]


async def test_the_extension_is_advertised_and_tools_say_that_they_may_become_tasks(instance: Instance) -> None:
    async with instance.client("kirkland") as client:
        assert client.server_capabilities is not None
        assert (client.server_capabilities.extensions or {})[EXTENSION] == {}
        marked = [tool.name for tool in (await client.list_tools()).tools if (tool.meta or {}).get("zava/task")]
        assert marked == ["execute_sales_query"]
        assert (await data_of(client, "describe_access"))["role"] == "store_manager"


async def test_a_fault_of_the_tool_is_a_completed_task(instance: Instance) -> None:
    async with instance.client("kirkland") as client:
        told = await ended(client, await task_of(client, "SELECT 1 / count(*) FROM retail.orders WHERE store_id = 0"))
    assert told["status"] == "completed"
    assert told["result"]["isError"]
    assert told["result"]["_meta"]["zava/error"]["sqlstate"] == "22012"


async def test_only_the_principal_finds_its_task(instance: Instance) -> None:
    async with instance.client("kirkland") as client:
        task_id = await task_of(client, COUNT)
        await ended(client, task_id)
    strangers = [
        caller_of("head-office"),
        caller_of("nobody"),
        # The same person, with a token that does not open the tool.
        replace(caller_of("kirkland"), scopes=frozenset({"catalog.read"})),
    ]
    for stranger in strangers:
        async with instance.client(stranger) as client:
            for name in (task_id, str(uuid4()), task_id.upper(), "", "'; --"):
                for method in ("tasks/get", "tasks/update", "tasks/cancel"):
                    assert await refusal(client, name, method) == UNKNOWN
    async with instance.client("kirkland") as client:
        assert (await ask(client, "tasks/get", task_id))["status"] == "completed"


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_cancelled_task_stops_its_statement(
    instance: Instance, start_instance: StartInstance, kept: Database, elsewhere: bool
) -> None:
    other = await start_instance(kept) if elsewhere else instance
    async with instance.client("kirkland") as client:
        task_id = await task_of(client, LONG)
    await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 1, "the statement's start")
    async with other.client("kirkland") as client:
        began = time.monotonic()
        await ask(client, "tasks/cancel", task_id)
        assert (await ask(client, "tasks/get", task_id))["status"] == "cancelled"
        await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 0, "the statement's end")
        assert time.monotonic() - began < 2.5
        await ask(client, "tasks/cancel", task_id)
        assert (await ask(client, "tasks/get", task_id))["status"] == "cancelled"


async def test_a_principal_has_two_tasks_at_work_and_what_cannot_become_one_is_waited_for(
    start_instance: StartInstance, kept: Database, instance: Instance
) -> None:
    impatient = await start_instance(kept, call_seconds=0.5)
    async with impatient.client("kirkland") as client:
        busy = [await task_of(client, LONG) for _ in range(2)]
        assert isinstance(await called(client, COUNT), CallToolResult)
        fault = await fault_of(client, "execute_sales_query", postgresql_query=LONG)
        assert (fault["code"], fault["retry_after"]) == ("RATE_LIMITED", 30)
        assert "2 at work" in fault["problem"]
        await asyncio.to_thread(eventually, lambda: rows_at_work(kept) == 2, "the end of the refused one")
        async with instance.client("seattle") as other:
            await ended(other, await task_of(other, COUNT))
        for task_id in busy:
            await ask(client, "tasks/cancel", task_id)
        await ended(client, await task_of(client, COUNT))


async def test_a_principal_keeps_twenty_tasks(instance: Instance, kept: Database) -> None:
    async with instance.client("kirkland") as client:
        await ended(client, await task_of(client, COUNT))
        with kept.as_superuser() as superuser:
            columns = (
                "tenant_id, object_id, client_id, scopes, tool, arguments, store_ids, status, lease_owner, lease_until"
            )
            superuser.execute(
                f"INSERT INTO ops.tasks ({columns}, expires_at)"
                f" SELECT {columns.replace('status', chr(39) + 'cancelled' + chr(39))}, expires_at"
                " FROM ops.tasks, generate_series(1, 19)"
            )
        assert isinstance(await called(client, COUNT), CallToolResult)
    assert task_rows(kept) == 20


async def test_an_expired_task_is_gone_and_its_row_is_deleted_by_whoever_writes_next(
    instance: Instance, kept: Database
) -> None:
    async with instance.client("kirkland") as client:
        task_id = await task_of(client, COUNT)
        await ended(client, task_id)
        with kept.as_superuser() as superuser:
            superuser.execute("UPDATE ops.tasks SET expires_at = clock_timestamp()")
        assert await refusal(client, task_id) == UNKNOWN
    async with instance.client("seattle") as client:
        await ended(client, await task_of(client, COUNT))
    assert task_rows(kept) == 1


async def test_a_task_may_cost_more_than_a_call(instance: Instance) -> None:
    assert instance.services.settings.task_plan_cost > MAX_PLAN_COST
    async with instance.client("kirkland") as client:
        fault = await fault_of(client, "execute_sales_query", postgresql_query=LONG.replace("200000", "1000000000"))
        assert fault["code"] == "TOO_EXPENSIVE"


async def test_no_result_is_shown_while_isolation_is_not_proven(
    start_instance: StartInstance, database: Database
) -> None:
    sound = await start_instance(database)
    async with sound.client("kirkland") as client:
        task_id = await task_of(client, COUNT)
        await ended(client, task_id)
    with sabotaged(database, LEAK):
        broken = await start_instance(database)
        async with broken.client("kirkland") as client:
            code, message, _ = await refusal(client, task_id)
    assert (code, "cannot prove" in message) == (-32603, True)
