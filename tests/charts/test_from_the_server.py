"""From the database to the picture: a caller's own rows, in the page that the server itself gives out."""

import re

import pytest
from mcp.types import TextResourceContents

from shared.chart_page import CHART_URI, chart_document
from tests.charts.conftest import ClientOf
from tests.charts.hosting import LIGHT, Host

pytestmark = pytest.mark.anyio

MOST_BYTES = 60_000
BY_YEAR = (
    "SELECT date_trunc('year', order_date)::date AS year, count(*) AS orders FROM retail.orders GROUP BY 1 ORDER BY 1"
)


async def test_a_callers_rows_are_drawn(host: Host, client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        (tool,) = [tool for tool in (await client.list_tools()).tools if tool.name == "execute_sales_query"]
        assert tool.meta is not None
        (page,) = (await client.read_resource(tool.meta["ui"]["resourceUri"])).contents
        called = await client.call_tool(tool.name, {"postgresql_query": BY_YEAR})
    assert isinstance(page, TextResourceContents)
    wire = called.model_dump(mode="json", by_alias=True, exclude_none=True)
    described = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
    await host.open(LIGHT | {"toolInfo": {"tool": described}}, html=page.text)
    await host.do("input", {"postgresql_query": BY_YEAR})
    await host.do("result", wire)
    await host.settle()
    assert await host.text("#title") == "Query sales data"
    assert await host.app.get_attribute("#line", "aria-selected") == "true"
    rows = wire["structuredContent"]["rows"]
    assert sum(orders for _, orders in rows) == 2975
    await host.app.focus("#chart")
    await host.app.press("#chart", "End")
    assert await host.text("#point") == f"{rows[-1][0][:4]}, Orders: {rows[-1][1]:,}. {len(rows)} of {len(rows)}."
    assert wire["content"][0]["text"].startswith("year,orders\n")  # who draws nothing reads


async def test_the_page_is_small_and_one_document(client_of: ClientOf) -> None:
    document = chart_document()
    assert len(document.encode()) < MOST_BYTES
    assert not re.search(r"\b(src|href|srcset|action)\s*=|@import|url\(|https?://(?!www\.w3\.org/2000/svg)", document)
    assert document.count("<script") == document.count("<style") == 1
    assert "unsafe" not in document


async def test_the_resource_says_that_it_needs_nothing_of_the_network(client_of: ClientOf) -> None:
    async with client_of("nobody") as client:
        (listed,) = [each for each in (await client.list_resources()).resources if each.uri == CHART_URI]
        (page,) = (await client.read_resource(CHART_URI)).contents
    nothing: dict[str, list[str]] = {
        "connectDomains": [],
        "resourceDomains": [],
        "frameDomains": [],
        "baseUriDomains": [],
    }
    for described in (listed, page):
        assert (described.uri, described.mime_type) == (CHART_URI, "text/html;profile=mcp-app")
        assert described.meta == {"zava/scope": "", "ui": {"csp": nothing, "prefersBorder": True}}
    assert isinstance(page, TextResourceContents)
    assert page.text == chart_document()
