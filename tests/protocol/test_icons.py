"""What clients draw, fetched as they do: without a token, from any page."""

from xml.etree import ElementTree

import httpx2
import pytest

from tests.protocol.conftest import Connect
from tests.stack import RunningStack

pytestmark = pytest.mark.anyio


async def test_every_icon_that_is_named_is_a_drawing(
    connect: Connect, http: httpx2.Client, stack: RunningStack
) -> None:
    async with connect("head-office") as client:
        tools, prompts = (await client.list_tools()).tools, (await client.list_prompts()).prompts
        resources, server = (await client.list_resources()).resources, client.server_info
        templates = (await client.list_resource_templates()).resource_templates
    assert server
    named = [server.icons, *(tool.icons for tool in tools), *(prompt.icons for prompt in prompts)]
    named += [*(resource.icons for resource in resources), *(template.icons for template in templates)]
    assert all(len(icons or ()) == 1 for icons in named)
    for url in {icon.src for icons in named for icon in icons or ()}:
        assert url.startswith(f"{stack.base}/icons/")
        response = http.get(url)
        assert (response.status_code, response.headers["content-type"]) == (200, "image/svg+xml")
        assert response.headers["cache-control"] == "public, max-age=86400"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert ElementTree.fromstring(response.text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  # our own
        assert http.head(url).status_code == 200


@pytest.mark.parametrize(
    "name", ["nothing.svg", "zava", "%2e%2e%2fchart%2fpage.html", "..%2f..%2fmcp_server.py", "%00"]
)
def test_nothing_else_is_served_there(http: httpx2.Client, name: str) -> None:
    assert http.get(f"/icons/{name}").status_code in (400, 404)
