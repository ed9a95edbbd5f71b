"""Links to whole results: complete CSV or an error, each for its caller alone, on any instance."""

import csv
import io

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, ResourceLink, TextResourceContents

from shared.call_signature import CallSigner
from shared.result_links import MAX_PACKED_CHARACTERS, RESULTS, ResultLinks
from shared.vault import Vault
from tests.conftest import CURSOR_KEY, Database, KeptSecrets, caller_of
from tests.tools.calls import text_of
from tests.tools.conftest import ClientOf
from tests.tools.test_pages import instance, key

pytestmark = pytest.mark.anyio

QUERY = "SELECT order_id, store_id, order_date FROM orders ORDER BY order_id"


async def called(client: Client, query: str = QUERY, **more: object) -> CallToolResult:
    result = await client.call_tool("execute_sales_query", {"postgresql_query": query, "max_rows": 10, **more})
    assert not result.is_error, text_of(result)
    return result


def links_of(result: CallToolResult) -> list[ResourceLink]:
    return [block for block in result.content if isinstance(block, ResourceLink)]


async def link_to(client: Client, query: str = QUERY) -> str:
    [link] = links_of(await called(client, query))
    return str(link.uri)


async def rows_at(client: Client, uri: str) -> list[list[str]]:
    [contents] = (await client.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.mime_type == "text/csv"
    return [*csv.reader(io.StringIO(contents.text))]


@pytest.mark.parametrize("name", ["kirkland", "seattle"])
async def test_a_cut_result_links_to_all_of_its_rows(client_of: ClientOf, name: str) -> None:
    async with client_of(name) as client:
        titles, *rows = await rows_at(client, await link_to(client, QUERY + " -- ä"))
        counted = await called(client, "SELECT count(*), min(order_id), max(order_id) FROM orders")
    assert counted.structured_content
    assert titles == ["order_id", "store_id", "order_date"]
    assert [len(rows), int(rows[0][0]), int(rows[-1][0])] == counted.structured_content["rows"][0]


async def test_only_the_first_page_of_a_cut_result_has_a_link(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        first = await called(client)
        assert first.structured_content
        assert len(links_of(first)) == 1
        assert not links_of(await called(client, cursor=first.structured_content["next_cursor"]))
        assert not links_of(await called(client, "SELECT 1"))


async def test_a_link_is_nobody_elses_and_not_to_be_forged(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        uri = await link_to(client)
        other = await link_to(client, "SELECT customer_id FROM customers ORDER BY 1")
        (packed, signature), (_, foreign) = uri.rsplit(".", 1), other.rsplit(".", 1)
        forged = [f"{packed}.{foreign}", f"{packed}.", packed, f"{packed}A.{signature}", f"{RESULTS}.", f"{RESULTS}x"]
        forged += [
            f"{packed[:-1]}{'A' if packed[-1] != 'A' else 'B'}.{signature}",
            f"{RESULTS}{'x' * 5000}.{signature}",
        ]
        for each in forged:
            assert await refusal_of(client, each) == INVALID_PARAMS, each
        assert len(await rows_at(client, uri)) == 2976
    for name in ("head-office", "west-region", "nobody"):
        async with client_of(name) as client:
            assert await refusal_of(client, uri) == INVALID_PARAMS


async def refusal_of(client: Client, uri: str) -> int:
    with pytest.raises(MCPError) as error:
        await client.read_resource(uri)
    return error.value.error.code


async def test_another_instance_reads_it_and_one_with_other_keys_does_not(sample: Database) -> None:
    caller = caller_of("kirkland")
    async with instance(sample, caller, key(1)) as client:
        uri = await link_to(client)
    async with instance(sample, caller, key(2), key(1)) as client:
        assert len(await rows_at(client, uri)) == 2976
    async with instance(sample, caller, key(2)) as client:
        assert await refusal_of(client, uri) == INVALID_PARAMS


async def test_what_is_too_large_is_an_error_and_no_file_that_ends_early(client_of: ClientOf) -> None:
    async with client_of("head-office") as client:
        for query in ("SELECT n FROM generate_series(1, 100001) AS n", "SELECT repeat('x', 9999) FROM orders"):
            uri = await link_to(client, query)
            with pytest.raises(MCPError, match="TOO_EXPENSIVE"):
                await client.read_resource(uri)
        assert (
            len(await rows_at(client, await link_to(client, "SELECT n FROM generate_series(1, 100000) AS n"))) == 100001
        )


async def test_a_long_query_and_a_vault_that_is_down_give_no_link_and_no_error(sample: Database) -> None:
    caller = caller_of("kirkland")
    async with instance(sample, caller, CURSOR_KEY) as client:
        long = f"SELECT n /* {' '.join(str(n * n * 7919) for n in range(2000))} */ FROM generate_series(1, 20) AS n"
        assert not links_of(await called(client, long))
        uri = await link_to(client)
    async with instance(sample, caller) as client:
        assert not links_of(await called(client))
        with pytest.raises(MCPError, match="UNAVAILABLE"):
            await client.read_resource(uri)


async def test_a_link_is_no_longer_than_its_bound() -> None:
    links = ResultLinks(CallSigner(Vault(KeptSecrets(CURSOR_KEY))))
    uri = await links.uri(caller_of("kirkland"), QUERY)
    assert uri is not None
    assert len(uri) < len(RESULTS) + MAX_PACKED_CHARACTERS + 30
    assert await links.query(caller_of("kirkland"), uri.removeprefix(RESULTS)) == QUERY
