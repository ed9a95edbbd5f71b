"""Chromium with a host's page in it, and the chart in the host's frame."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Frame, Page, Route, async_playwright

from local.node import installed_packages
from shared.chart_page import chart_document

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
"""Where tests leave what they saw; git ignores it."""
ADDRESS = "http://host.test/"
INSTALL = "Chromium is not installed; on Debian: apt-get install --no-install-recommends chromium fonts-dejavu-core"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
LIGHT = {"theme": "light", "locale": "en-US"}
DARK = {"theme": "dark", "locale": "en-US"}


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Skips where there is no Chromium, and fails in CI."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(INSTALL)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        yield browser
        await browser.close()


@cache
def axe_script() -> str:
    """What looks for barriers in a page."""
    return (installed_packages(HERE) / "axe-core" / "axe.min.js").read_text()


@cache
def host_page() -> str:
    """A document with the host's script in it."""
    packages = installed_packages(HERE)
    bundled = subprocess.run(
        [packages / "@esbuild" / _platform(packages) / "bin" / "esbuild", "host.js", "--bundle", "--format=iife"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    script = bundled.replace("</script", "<\\/script")
    return f'<!doctype html><html lang="en"><title>Host</title><body style="margin: 0"><script>{script}</script></html>'


def _platform(packages: Path) -> str:
    """The one that npm chose for this machine."""
    (chosen,) = (packages / "@esbuild").iterdir()
    return chosen.name


class Host:
    """A page that shows the chart. What left it for the network, and what it complained of, is noted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.app: Frame = page.main_frame
        """The chart's frame, once one is open."""
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    async def begin(self) -> None:
        """Every request is answered here: the host's own page, and nothing else."""

        async def answer(route: Route) -> None:
            if route.request.url == ADDRESS:
                await route.fulfill(body=host_page(), content_type="text/html")
            else:
                self.requests.append(route.request.url)
                await route.abort()

        await self.page.context.route("**/*", answer)
        await self.page.goto(ADDRESS)

    async def open(self, context: dict[str, Any] = LIGHT, html: str | None = None) -> None:
        """A chart that has shaken hands and waits."""
        await self.do("open", html or chart_document(), context)
        element = await self.page.wait_for_selector("iframe", state="attached")
        assert element is not None
        # By its element: the one before may still be on the page's list.
        frame = await element.content_frame()
        assert frame is not None
        self.app = frame

    async def do(self, name: str, *arguments: Any) -> Any:
        """One of window.host's functions."""
        return await self.page.evaluate("([name, given]) => window.host[name](...given)", [name, list(arguments)])

    async def told(self) -> dict[str, Any]:
        """What the app has told the host."""
        told: dict[str, Any] = await self.page.evaluate("window.host.told")
        return told

    async def show(self, structured: dict[str, Any]) -> None:
        """A tool's result, as hosts pass it on, drawn and fitted into its frame."""
        await self.do("result", {"content": [{"type": "text", "text": "as text"}], "structuredContent": structured})
        await self.settle()

    async def settle(self) -> None:
        """Messages have come both ways, and the frame is as high as the app wants."""
        await self.do("ask", "ping")  # answered behind what was sent before
        await self.app.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        await self.do("ask", "ping")

    async def view(self, name: str) -> None:
        """Another view: line, bars, stacked or table."""
        await self.app.dispatch_event(f"#{name}", "click")  # a pointer would wait for what moves
        await self.settle()

    async def text(self, selector: str) -> str:
        return await self.app.inner_text(selector)

    async def clipped(self) -> list[str]:
        """Texts of the chart that reach out of it."""
        found: list[
            str
        ] = await self.app.evaluate("""() => [...document.querySelectorAll("#chart text")].filter((text) => {
            const [inner, outer] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
            return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1;
        }).map((text) => text.textContent)""")
        return found

    async def picture(self, name: str) -> None:
        """A screenshot, kept."""
        PICTURES.mkdir(exist_ok=True)
        await self.page.locator("iframe").screenshot(path=PICTURES / f"{name}.png")
