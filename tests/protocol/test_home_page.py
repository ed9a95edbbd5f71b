"""GET /: what a person sees who follows the address."""

import json
import re
from html import unescape
from itertools import product
from typing import Literal

import httpx2
import pytest
from playwright.async_api import ConsoleMessage, Page

from tests.charts.hosting import PICTURES, axe_script, running_browser
from tests.protocol.wire import MODERN, Wire
from tests.stack import RunningStack

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {"wide": (1000, 900), "phone": (320, 700)}


def codes(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)]


def test_it_says_the_address_the_state_and_every_tool(http: httpx2.Client, stack: RunningStack) -> None:
    answer = http.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Ready" in answer.text
    endpoint, claude_code, vscode = codes(answer.text)
    assert endpoint == stack.noted["mcp_url"]
    assert claude_code.startswith(f"claude mcp add --transport http zava-retail {endpoint} --header")
    assert json.loads(vscode)["servers"]["zava-retail"]["url"] == endpoint
    listed = Wire(http, stack.headers("head-office"), MODERN).ask("tools/list", {}).result["tools"]
    assert re.findall(r"<dt>[^<]+<code>(\w+)</code>", answer.text) == [tool["name"] for tool in listed]


def test_it_may_do_nothing_and_is_nobodys_frame(http: httpx2.Client) -> None:
    answer = http.get("/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert "<script" not in answer.text
    assert "strict-transport-security" not in answer.headers  # over plain http it says nothing
    assert http.head("/").status_code == 200


class Looked:
    """What a page asked for, and what the browser complained of."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.mark.anyio
async def test_nobody_meets_a_barrier_or_an_error(stack: RunningStack) -> None:
    async with running_browser() as browser:
        for scheme, (name, (width, height)) in product(SCHEMES, SIZES.items()):
            page = await browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            looked = Looked(page)
            await page.goto(f"{stack.base}/", wait_until="networkidle")
            assert {url.removeprefix(stack.base) for url in looked.requests} <= {"/", "/icons/zava.svg"}
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
            await page.evaluate(axe_script())
            found = await page.evaluate("async () => await axe.run(document, {resultTypes: ['violations']})")
            assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == [], (scheme, name)
            assert len(found["passes"]) > 10
            assert looked.complaints == []
            PICTURES.mkdir(exist_ok=True)
            await page.screenshot(path=PICTURES / f"home-{name}-{scheme}.png", full_page=True)
            await page.close()
