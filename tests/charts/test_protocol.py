"""The conversation with a host, whose side is the official AppBridge."""

import pytest

from tests.charts.hosting import DARK, Host
from tests.charts.results import MONTHLY, ONE_ROW

pytestmark = pytest.mark.anyio

BACKGROUND = "() => getComputedStyle(document.body).backgroundColor"


async def test_the_app_introduces_itself_once(host: Host) -> None:
    await host.open()
    told = await host.told()
    assert told["initialized"] == 1
    assert told["app"]["name"] == "zava-retail-chart"
    assert told["capabilities"] == {"availableDisplayModes": ["inline", "fullscreen"]}


async def test_it_says_what_it_waits_for_and_what_came_instead(host: Host) -> None:
    await host.open()
    assert await host.text("#status") == "Waiting for a result …"
    await host.do("partialInput", {"postgresql_query": "SEL"})
    await host.settle()
    assert await host.text("#status") == "The question is being written …"
    await host.do("input", {"postgresql_query": "SELECT 1"})
    await host.settle()
    assert await host.text("#status") == "Waiting for the rows …"
    await host.do("cancelled", "user action")
    await host.settle()
    assert await host.text("#status") == "The call was cancelled: user action"
    await host.do("result", {"content": [{"type": "text", "text": "SQL_ERROR: No such table."}], "isError": True})
    await host.settle()
    assert await host.text("#status") == "SQL_ERROR: No such table."
    await host.do("result", {"content": [{"type": "text", "text": "just words"}]})
    await host.settle()
    assert await host.text("#status") == "just words"
    await host.show(MONTHLY)
    assert await host.text("#title") == "Revenue and cost by month"


async def test_it_tells_its_height_whenever_that_changes(host: Host) -> None:
    await host.open()
    await host.show(MONTHLY)
    await host.show(ONE_ROW)
    heights = [height for _, height in (await host.told())["sizes"]]
    assert len(set(heights)) == len(heights) == 3
    assert await host.app.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


async def test_colours_and_language_follow_the_host_at_any_time(host: Host) -> None:
    await host.open(DARK)
    await host.show(MONTHLY)
    assert await host.app.evaluate(BACKGROUND) == "rgb(29, 31, 35)"
    assert "$28,000.25" in await host.text("#status")
    await host.do("context", {"theme": "light", "locale": "de-DE"})
    await host.settle()
    assert await host.app.evaluate(BACKGROUND) == "rgb(255, 255, 255)"
    assert "28.000,25\xa0$" in await host.text("#status")
    variables = {"--color-background-primary": "rgb(1, 2, 3)", "--color-text-primary": "rgb(250, 240, 230)"}
    await host.do("context", {"styles": {"variables": variables}, "locale": "no such language"})
    await host.settle()
    assert await host.app.evaluate(BACKGROUND) == "rgb(1, 2, 3)"
    assert "$28,000.25" in await host.text("#status")


async def test_without_a_word_of_the_host_it_is_as_dark_as_the_system(host: Host) -> None:
    await host.page.emulate_media(color_scheme="dark")
    await host.open({})
    assert await host.app.evaluate(BACKGROUND) == "rgb(29, 31, 35)"
    await host.page.emulate_media(color_scheme="light")
    assert await host.app.evaluate(BACKGROUND) == "rgb(255, 255, 255)"


async def test_it_asks_for_the_full_screen_where_the_host_has_one(host: Host) -> None:
    await host.open({"displayMode": "inline", "availableDisplayModes": ["inline", "fullscreen"]})
    await host.app.click("#enlarge")
    await host.settle()
    assert (await host.told())["modes"] == ["fullscreen"]
    assert not await host.app.is_visible("#enlarge")
    await host.open()
    assert not await host.app.is_visible("#enlarge")


async def test_it_answers_requests_and_refuses_those_it_does_not_know(host: Host) -> None:
    await host.open()
    assert await host.do("ask", "ping") == {}
    assert await host.do("ask", "ui/resource-teardown") == {}
    refusal = await host.page.evaluate("() => window.host.ask('toString').catch((error) => error.code)")
    assert refusal == -32601


async def test_only_the_host_is_listened_to(host: Host) -> None:
    await host.open()
    await host.page.evaluate(
        """([message]) => new Promise((done) => {
            const stranger = document.createElement("iframe");
            stranger.setAttribute("sandbox", "allow-scripts");
            const text = JSON.stringify(message).replaceAll("<", "&lt;");
            const script = `parent.frames[0].postMessage(${text}, "*"); parent.postMessage("sent", "*")`;
            stranger.srcdoc = `<script>${script}<\\/script>`;
            window.addEventListener("message", ({ data }) => data === "sent" && done());
            document.body.append(stranger);
        })""",
        [{"jsonrpc": "2.0", "method": "ui/notifications/tool-result", "params": {"structuredContent": ONE_ROW}}],
    )
    await host.settle()
    assert await host.text("#status") == "Waiting for a result …"
