"""Names and values are data: whatever they say, nothing of it runs, is marked up or leaves for the network."""

import re
from typing import Any

import pytest

from tests.charts.hosting import Host
from tests.charts.results import MONTHLY, Column, result

pytestmark = pytest.mark.anyio

HOSTILE = [
    "<img src=http://evil.test/x.png onerror='window.pwned = 1'>",
    "</script><script>window.pwned = 1</script>",
    "</style><style>* { background: url(http://evil.test/) }</style>",
    "javascript:window.pwned = 1",
    "<svg><foreignObject><iframe src='http://evil.test/'></iframe></foreignObject></svg>",
    "{{constructor.constructor('window.pwned = 1')()}}",
    "__proto__",
    "constructor",
    "\u202egnihtyna\u0000\ufeff",
    "'\"`&lt;&amp;" * 200,
]
ELEMENTS = "() => [...document.querySelectorAll('*')].map((element) => element.localName)"
LOADING = {"img", "iframe", "foreignObject", "object", "embed", "link", "a", "video", "audio", "image", "use"}


def hostile_result() -> dict[str, Any]:
    rows: list[list[Any]] = [[text, HOSTILE[-index], index, {text: text}] for index, text in enumerate(HOSTILE)]
    columns: list[Column] = [
        (HOSTILE[0], "text"),
        (HOSTILE[6], HOSTILE[1]),
        (HOSTILE[1], "bigint", HOSTILE[2]),
        (HOSTILE[4], "jsonb"),
    ]
    told = {"title": HOSTILE[0], "findings": [*HOSTILE, {"text": HOSTILE[1]}, {"toString": HOSTILE[0]}, None, 5]}
    return result(columns, rows, period_start=HOSTILE[3], period_end=HOSTILE[1], **told)


async def test_hostile_names_and_values_are_shown_as_they_are(host: Host) -> None:
    await host.open()
    await host.show(hostile_result())
    for view in ("line", "bars", "table"):
        await host.view(view)
        if view != "table":
            await host.app.hover("#chart", position={"x": 200, "y": 60})
        elements = await host.app.evaluate(ELEMENTS)
        assert not LOADING & set(elements)
        assert (elements.count("script"), elements.count("style")) == (1, 1)
    cells = await host.app.eval_on_selector_all(
        "tbody tr td:first-child", "(found) => found.map((td) => td.textContent)"
    )
    assert cells == HOSTILE
    assert await host.app.text_content("#title") == HOSTILE[0]
    assert await host.app.evaluate("window.pwned") is None
    assert await host.app.evaluate("({}).polluted === undefined && Object.keys(Object.prototype).length") == 0


async def test_hostile_words_instead_of_a_result_are_shown_as_they_are(host: Host) -> None:
    await host.open()
    for text in HOSTILE[:5]:
        await host.do("result", {"content": [{"type": "text", "text": text}], "isError": True})
        await host.settle()
        assert await host.app.text_content("#status") == text
        await host.do("cancelled", text)
        await host.settle()
        assert not LOADING & set(await host.app.evaluate(ELEMENTS))


@pytest.mark.parametrize(
    "attempt",
    [
        "fetch('http://evil.test/')",
        "new Promise((yes, no) => { const image = new Image(); image.onload = yes; image.onerror = no;"
        " image.src = 'http://evil.test/x.png' })",
        "new Promise((yes, no) => { const socket = new WebSocket('ws://evil.test/'); socket.onopen = yes;"
        " socket.onerror = no })",
        "new Promise((yes) => { document.body.innerHTML = '<b>x</b>'; yes() })",
        "new Promise((yes) => { yes(window.eval('1')) })",
    ],
    ids=["fetch", "image", "socket", "markup", "eval"],
)
async def test_the_pages_own_policy_keeps_it_from_the_network_and_from_markup(host: Host, attempt: str) -> None:
    await host.open()
    await host.show(MONTHLY)
    # As a script of the page would: what a debugger evaluates may do more.
    outcome = await host.app.evaluate(
        "([attempt]) => new Promise((done) => setTimeout(async () => {"
        f" try {{ await ({attempt}); done('allowed') }} catch (error) {{ done('refused') }} }}))",
        [attempt],
    )
    assert outcome == "refused"
    assert re.search("Content Security Policy|requires 'Trusted", " ".join(host.complaints))
    host.complaints.clear()
