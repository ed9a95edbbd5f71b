"""Results in pages: complete, each caller's own, on any instance, and not to be forged."""

import asyncio
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from mcp import Client

from shared.call_signature import SECONDS, CallSigner
from shared.identity.caller import Caller, current_caller
from shared.mcp_server import build_server
from shared.result_pages import ResultPages
from shared.vault import Secret, Vault
from tests.clock import FakeClock
from tests.conftest import CURSOR_KEY, KEY, Database, KeptSecrets, caller_of, nobody_embeds, open_invocations
from tests.tools.calls import data_of, fault_of, text_of
from tests.tools.conftest import ClientOf

pytestmark = pytest.mark.anyio

QUERY = "SELECT order_id, order_date FROM orders ORDER BY order_date DESC, order_id -- newest first"


async def pages_of(client: Client, query: str, max_rows: int, **more: Any) -> list[dict[str, Any]]:
    """All of them, each with its text."""
    pages: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        arguments = {"postgresql_query": query, "max_rows": max_rows, **more, **cursor}
        result = await client.call_tool("execute_sales_query", arguments)
        assert isinstance(result.structured_content, dict), text_of(result)
        pages.append(result.structured_content | {"text": text_of(result)})
        cursor = {"cursor": result.structured_content["next_cursor"]}
        if cursor["cursor"] is None:
            return pages


async def test_pages_are_the_whole_result_in_its_order(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        pages = await pages_of(client, QUERY, 1000)
        [counted] = await pages_of(client, "SELECT count(*) FROM orders", 1)
    rows = [tuple(row) for page in pages for row in page["rows"]]
    assert [page["row_count"] for page in pages] == [1000, 1000, 975]
    assert [page["truncated"] for page in pages] == [True, True, False]
    assert counted["rows"] == [[len(rows)]]
    assert len({*rows}) == len(rows)
    assert rows == sorted(rows, key=lambda row: (row[1], -row[0]), reverse=True)


async def test_the_text_says_which_rows_and_how_to_go_on(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        pages = await pages_of(client, "SELECT n FROM generate_series(1, 5) AS n ORDER BY n", 2)
    assert [page["text"] for page in pages] == [
        f"n\n1\n2\n(first 2 rows; go on with cursor {pages[0]['next_cursor']})\n",
        f"n\n3\n4\n(rows 3 to 4; go on with cursor {pages[1]['next_cursor']})\n",
        "n\n5\n(rows 5 to 5, the last ones)\n",
    ]


async def test_a_whole_result_has_no_cursor_and_no_note(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        data = await data_of(
            client, "execute_sales_query", postgresql_query="SELECT 1 AS n UNION ALL SELECT 2", max_rows=2
        )
    assert (data["truncated"], data["next_cursor"], data["note"]) == (False, None, None)


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("SELECT order_id FROM orders", False),
        ("SELECT order_id FROM (SELECT order_id FROM orders ORDER BY 1) AS o", False),
        ("SELECT order_id FROM orders ORDER BY 1", True),
        ("SELECT order_id FROM orders UNION SELECT product_id FROM products ORDER BY 1", True),
        ("WITH o AS (SELECT order_id FROM orders) SELECT order_id FROM o ORDER BY 1", True),
    ],
)
async def test_pages_without_an_order_say_so_on_each(client_of: ClientOf, query: str, ordered: bool) -> None:
    async with client_of("kirkland") as client:
        first = await data_of(client, "execute_sales_query", postgresql_query=query, max_rows=3000 // 3)
        result = await client.call_tool(
            "execute_sales_query", {"postgresql_query": query, "max_rows": 1000, "cursor": first["next_cursor"]}
        )
    assert result.structured_content
    for note in (first["note"], result.structured_content["note"]):
        assert (note is None) == ordered
        assert ordered or "ORDER BY" in note
    assert ordered == ("ORDER BY" not in text_of(result))


async def test_each_page_is_the_callers_own_rows(client_of: ClientOf) -> None:
    query = "SELECT DISTINCT store_id FROM orders ORDER BY 1"
    async with client_of("west-region") as client:
        assert [page["rows"] for page in await pages_of(client, query, 1)] == [[[1]], [[2]], [[6]], [[7]]]


async def test_bytes_are_bounded_a_page_and_not_over_all(client_of: ClientOf) -> None:
    query = "SELECT repeat('x', 900000) || n FROM generate_series(1, 6) AS n ORDER BY n"
    async with client_of("kirkland") as client:
        pages = await pages_of(client, query, 1)
        assert [page["rows"][0][0][-1] for page in pages] == [*"123456"]
        fault = await fault_of(client, "execute_sales_query", postgresql_query=query, max_rows=3)
    assert fault["code"] == "TOO_EXPENSIVE"


CHANGES: dict[str, dict[str, Any]] = {
    "another query": {"postgresql_query": "SELECT customer_id FROM customers ORDER BY 1"},
    "another number of rows": {"max_rows": 11},
    "another format": {"format": "detailed"},
}


def changed(cursor: str, place: int) -> str:
    """The cursor with another character there."""
    return f"{cursor[:place]}{'1' if cursor[place] != '1' else '2'}{cursor[place + 1 :]}"


@pytest.mark.parametrize("change", CHANGES)
async def test_a_cursor_is_good_for_the_call_that_gave_it_only(client_of: ClientOf, change: str) -> None:
    call = {"postgresql_query": QUERY, "max_rows": 10}
    async with client_of("kirkland") as client:
        cursor = (await data_of(client, "execute_sales_query", **call))["next_cursor"]
        await data_of(client, "execute_sales_query", **call, cursor=cursor)
        fault = await fault_of(client, "execute_sales_query", **(call | CHANGES[change]), cursor=cursor)
    assert (fault["code"], "does not belong to this call" in fault["problem"]) == ("VALIDATION_ERROR", True)


async def test_a_cursor_with_any_other_character_is_refused(client_of: ClientOf) -> None:
    call = {"postgresql_query": QUERY, "max_rows": 10}
    async with client_of("kirkland") as client:
        cursor = (await data_of(client, "execute_sales_query", **call))["next_cursor"]
        forged = [changed(cursor, place) for place in range(len(cursor))]
        offset, signature = cursor.split(".")
        raw = urlsafe_b64decode(signature)
        later = urlsafe_b64encode((int.from_bytes(raw[:5]) + 60).to_bytes(5) + raw[5:]).decode()
        forged += [f"0.{signature}", f"{offset}0.{signature}", f"0{offset}.{signature}", f"-1.{signature}"]
        forged += [f"{offset}.{later}", offset, f"{offset}.", signature, "", " ", "é" * 30, "x" * 64, f"{cursor}\n"]
        for cursor in forged:
            fault = await fault_of(client, "execute_sales_query", **call, cursor=cursor)
            assert fault["code"] == "VALIDATION_ERROR", cursor
        fault = await fault_of(client, "execute_sales_query", **call, cursor="x" * 65)
    assert fault["code"] == "VALIDATION_ERROR"


async def test_a_cursor_is_nobody_elses(client_of: ClientOf, sample: Database) -> None:
    call = {"postgresql_query": QUERY, "max_rows": 10}
    async with client_of("west-region") as client:
        cursor = (await data_of(client, "execute_sales_query", **call))["next_cursor"]
    for name in ("head-office", "kirkland", "nobody"):
        async with client_of(name) as client:
            assert (await fault_of(client, "execute_sales_query", **call, cursor=cursor))["code"] == "VALIDATION_ERROR"
    narrowed = caller_of("west-region").narrowed_to(UUID(int=7))
    async with instance(sample, narrowed, CURSOR_KEY) as client:
        assert (await fault_of(client, "execute_sales_query", **call, cursor=cursor))["code"] == "VALIDATION_ERROR"


@asynccontextmanager
async def instance(database: Database, caller: Caller, *keys: Secret) -> AsyncIterator[Client]:
    """A client of one more instance of the server, whose vault has these keys for cursors."""
    token = current_caller.set(caller)
    try:
        async with (
            open_invocations(database.app_url, KEY, *keys) as door,
            Client(build_server(door, nobody_embeds())) as client,
        ):
            yield client
    finally:
        current_caller.reset(token)


def key(number: int, created: float = 0) -> Secret:
    return Secret("cursor-signing-key", b64encode(bytes([number]) * 32).decode(), str(number), created)


async def test_another_instance_goes_on_before_during_and_after_a_rotation(sample: Database) -> None:
    call = {"postgresql_query": QUERY, "max_rows": 10}
    caller = caller_of("kirkland")
    vaults = [(key(1),), (key(2, time.time()), key(1)), (key(2), key(1))]  # the second knows it, the third uses it
    cursors = []
    for keys in vaults:
        async with instance(sample, caller, *keys) as client:
            cursors.append((await data_of(client, "execute_sales_query", **call))["next_cursor"])
    for keys, good in zip(vaults, ((0, 1), (0, 1, 2), (0, 1, 2)), strict=True):
        async with instance(sample, caller, *keys) as client:
            for number in good:
                data = await data_of(client, "execute_sales_query", **call, cursor=cursors[number])
                assert data["row_count"] == 10
    async with instance(sample, caller, key(4)) as client:
        for cursor in cursors:
            assert (await fault_of(client, "execute_sales_query", **call, cursor=cursor))["code"] == "VALIDATION_ERROR"


async def test_without_a_key_rows_come_and_a_cursor_cannot_be_used(sample: Database) -> None:
    call = {"postgresql_query": QUERY, "max_rows": 10}
    async with instance(sample, caller_of("kirkland"), CURSOR_KEY) as client:
        cursor = (await data_of(client, "execute_sales_query", **call))["next_cursor"]
    async with instance(sample, caller_of("kirkland")) as client:
        result = await client.call_tool("execute_sales_query", call)
        assert result.structured_content
        assert (result.structured_content["truncated"], result.structured_content["next_cursor"]) == (True, None)
        assert text_of(result).endswith("(first 10 rows; there are more)\n")
        fault = await fault_of(client, "execute_sales_query", **call, cursor=cursor)
    assert (fault["code"], fault["retry_after"]) == ("UNAVAILABLE", 10)


async def test_a_cursor_expires(clock: FakeClock) -> None:
    signer = CallSigner(Vault(KeptSecrets(CURSOR_KEY)), clock=clock)
    caller = caller_of("kirkland")
    signature = await signer.sign(caller, "cursor", b"page")
    assert signature is not None
    clock.now += SECONDS - 1
    assert await signer.holds(caller, "cursor", b"page", signature)
    assert not await signer.holds(caller, "link", b"page", signature)
    clock.now += 1
    assert not await signer.holds(caller, "cursor", b"page", signature)


async def test_equal_arguments_in_another_order_are_the_same_call() -> None:
    pages = ResultPages(CallSigner(Vault(KeptSecrets(CURSOR_KEY))))
    caller = caller_of("kirkland")
    first, second = await asyncio.gather(
        pages.open(caller, "a_tool", None, a=1, b="ö"), pages.open(caller, "a_tool", None, b="ö", a=1)
    )
    assert first == second


async def test_detailed_text_has_the_types(client_of: ClientOf) -> None:
    query = "SELECT 1 AS a, DATE '2026-01-31' AS b"
    async with client_of("kirkland") as client:
        texts = {
            form: text_of(await client.call_tool("execute_sales_query", {"postgresql_query": query, "format": form}))
            for form in ("concise", "detailed")
        }
    assert texts == {"concise": "a,b\n1,2026-01-31\n", "detailed": "(a: integer, b: date)\na,b\n1,2026-01-31\n"}
