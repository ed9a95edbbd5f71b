"""What is drawn of which result in both themes: each picture is kept, can be read, and has no barrier for anybody."""

from typing import Any

import pytest

from tests.charts.hosting import DARK, HERE, LIGHT, Host, axe_script
from tests.charts.results import BY_CATEGORY, BY_STORE_AND_MONTH, CHANGES, LONG_NAMES, MONTHLY, ONE_ROW, STACKED

pytestmark = pytest.mark.anyio

PICTURES: dict[str, tuple[dict[str, Any], str]] = {
    "line": (MONTHLY, "line"),
    "lines": (BY_STORE_AND_MONTH, "line"),
    "bars": (CHANGES, "bars"),
    "grouped": (MONTHLY, "bars"),
    "stacked": (STACKED, "stacked"),
    "long-names": (LONG_NAMES, "bars"),
    "table": (BY_CATEGORY, "table"),
    "one-row": (ONE_ROW, "table"),
}
CONTRAST = (HERE / "contrast.js").read_text()
TEXT, GRAPHICS = 4.5, 3.0
"""The contrast that WCAG 2.2 AA wants."""


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
async def test_each_view_is_drawn_and_can_be_read_in_both_themes(host: Host, theme: dict[str, str]) -> None:
    await host.open(theme)
    for name, (structured, view) in PICTURES.items():
        await host.show(structured)
        await host.view(view)
        if view != "table":
            await host.app.hover("#chart", position={"x": 300, "y": 60})
        await host.picture(f"{name}-{theme['theme']}")
        contrast = await host.app.evaluate(CONTRAST)
        assert contrast["texts"][0] >= TEXT, (name, contrast)
        assert min(contrast["bars"][0], contrast["lines"][0]) >= GRAPHICS, (name, contrast)
        assert await host.clipped() == [], name


async def test_axe_finds_no_barrier(host: Host) -> None:
    await host.open()
    await host.app.evaluate(axe_script())
    await host.show(MONTHLY | {"truncated": True})
    for view in ("line", "bars", "stacked", "table"):
        await host.view(view)
        found = await host.app.evaluate("async () => await axe.run(document, {resultTypes: ['violations']})")
        assert [(problem["id"], problem["nodes"][0]["html"]) for problem in found["violations"]] == [], view
        assert len(found["passes"]) > 10
