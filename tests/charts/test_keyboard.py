"""Everything without a pointer, and what a screen reader is told meanwhile."""

import pytest

from tests.charts.hosting import Host
from tests.charts.results import BY_STORE_AND_MONTH, CHANGES, MONTHLY

pytestmark = pytest.mark.anyio

FOCUSED = "() => document.activeElement.id || document.activeElement.className"


async def test_arrows_go_from_view_to_view(host: Host) -> None:
    await host.open()
    await host.show(MONTHLY)
    await host.app.focus("#line")
    for key, view in [("ArrowRight", "bars"), ("ArrowRight", "stacked"), ("End", "table"), ("ArrowRight", "line")]:
        await host.page.keyboard.press(key)
        assert await host.app.evaluate(FOCUSED) == view
        assert await host.app.get_attribute(f"#{view}", "aria-selected") == "true"
        assert await host.app.get_attribute("#panel", "aria-labelledby") == view
    assert await host.app.locator("[role=tab][tabindex='0']").count() == 1
    await host.show(CHANGES)
    await host.app.focus("#bars")
    await host.page.keyboard.press("ArrowRight")
    assert await host.app.evaluate(FOCUSED) == "table"  # one series is no stack


async def test_the_tab_key_meets_each_part_once(host: Host) -> None:
    await host.open()
    await host.show(BY_STORE_AND_MONTH)
    await host.app.focus("#line")
    met = []
    for _ in range(4):
        await host.page.keyboard.press("Tab")
        met.append(await host.app.evaluate(FOCUSED))
    assert met == ["values", "along", "split", "chart"]
    await host.view("table")
    await host.app.focus("#table")
    await host.page.keyboard.press("Tab")
    assert await host.app.evaluate(FOCUSED) == "scroll"


async def test_arrows_go_from_point_to_point_and_each_is_told(host: Host) -> None:
    await host.open()
    await host.show(MONTHLY)
    await host.app.focus("#along")
    await host.page.keyboard.press("Tab")
    assert await host.text("#point") == "Jan 2024, Revenue: $41,000.50. 1 of 12."
    for key, told in [
        ("ArrowRight", "Feb 2024, Revenue: $43,910.50. 2 of 12."),
        ("ArrowDown", "Feb 2024, Cost: $29,200.25. 2 of 12."),
        ("End", "Dec 2024, Cost: $41,200.25. 12 of 12."),
        ("ArrowRight", "Dec 2024, Cost: $41,200.25. 12 of 12."),
        ("PageUp", "Feb 2024, Cost: $29,200.25. 2 of 12."),
        ("Home", "Jan 2024, Cost: $28,000.25. 1 of 12."),
    ]:
        await host.page.keyboard.press(key)
        assert await host.text("#point") == told
    assert await host.text("#hint .chosen") == "Cost: $28,000.25"
    assert await host.app.locator("#chart .marked").count() == 1
    await host.page.keyboard.press("Escape")
    assert not await host.app.is_visible("#hint")
    assert await host.app.locator("#chart .marked").count() == 0


async def test_bars_that_lie_are_walked_downwards(host: Host) -> None:
    await host.open()
    await host.show(CHANGES)
    await host.app.focus("#along")
    await host.page.keyboard.press("Tab")
    await host.page.keyboard.press("ArrowDown")
    assert await host.text("#point") == "Power tools, Change: -$1,210.25. 2 of 4."
    await host.page.keyboard.press("ArrowDown")
    assert await host.text("#point") == "Garden, Change: no value. 3 of 4."


async def test_a_summary_stands_for_the_picture(host: Host) -> None:
    await host.open()
    await host.show(MONTHLY)
    summary = (
        "Line chart of Revenue, Cost, 12 steps by month. "
        "Lowest $28,000.25 (Jan 2024, Cost), highest $53,640.50 (Sep 2024, Revenue)."
    )
    assert await host.text("#status") == summary
    assert await host.app.get_attribute("#status", "role") == "status"
    assert summary in (await host.app.get_attribute("#chart", "aria-label") or "")
    await host.view("table")
    assert await host.text("#status") == "12 rows"
