"""GET /status: a page without data, on which administrators see what /health tells, and others nothing."""

import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import product
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from local.people import PEOPLE
from local.tokens import load_key, token_for
from shared.status_page import StatusPage
from tests.charts.hosting import PICTURES, axe_script, running_browser
from tests.protocol.conftest import Speak
from tests.protocol.test_home_page import SCHEMES, SIZES, Looked
from tests.protocol.wire import MODERN
from tests.stack import RunningStack

OWN_PATHS = {"/status", "/icons/zava.svg", "/health"}
KEPT = """async () => JSON.stringify([
    location.href, history.state, document.cookie, {...localStorage}, {...sessionStorage}, await indexedDB.databases(),
    await caches.keys(), document.documentElement.outerHTML, document.body.innerText, window.name,
    [...document.querySelectorAll("input")].map((input) => input.value),
])"""
"""All places of a page where something may stay."""
BLOCKED = """async ([elsewhere, kinds]) => {
    const blocked = [];
    addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
    await fetch(elsewhere).catch(() => null);
    const add = (name, changes) => document.body.append(Object.assign(document.createElement(name), changes));
    for (const name of ["img", "iframe"]) add(name, {src: elsewhere});
    add("style", {textContent: "body { color: red }"});
    const form = Object.assign(document.createElement("form"), {action: "/mcp", method: "post"});
    document.body.append(form);
    form.submit();
    try { document.body.innerHTML = "<p>"; } catch { blocked.push("a string as HTML"); }
    for (const end = Date.now() + 10000; new Set(blocked).size < kinds && Date.now() < end; )
        await new Promise((done) => setTimeout(done, 20));
    await new Promise((done) => setTimeout(done, 100));  // for one more than is expected
    return [...new Set(blocked)];
}"""


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests here: starting it takes seconds."""
    async with running_browser() as browser:
        yield browser


@asynccontextmanager
async def opened(browser: Browser, stack: RunningStack, **settings: Any) -> AsyncIterator[tuple[Page, Looked]]:
    """The page, with nothing kept from another one."""
    page = await browser.new_page(**settings)
    looked = Looked(page)
    await page.goto(f"{stack.base}/status", wait_until="load")
    yield page, looked
    await page.close()


def with_every_scope(stack: RunningStack, name: str) -> str:
    """A token of somebody who is no administrator, as the issuer gives it to one."""
    person = replace(PEOPLE[name], role="super_admin")
    return token_for(person, load_key(stack.state), authority=stack.noted["issuer"])


async def sign_in(page: Page, token: str) -> None:
    """To the answer."""
    await page.get_by_label("Access token").fill(token)
    async with page.expect_response("**/health"):
        await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("#message")).not_to_have_text("Asking …")  # no text to evaluate, which the page forbids


async def rows_of(page: Page, table: str) -> dict[str, list[str]]:
    """The cells by the heading of their row."""
    rows: list[list[str]] = await page.locator(f"#{table} tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return {name: cells for name, *cells in rows}


async def barriers(page: Page) -> list[str]:
    await page.evaluate(axe_script())
    found = await page.evaluate("async () => await axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 10
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]


def all_sent_to(listener: socket.socket) -> bytes:
    """By who has come. Chromium connects ahead of what it then is not permitted to ask for."""
    listener.settimeout(0.1)
    sent = b""
    with suppress(TimeoutError):
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(1)
                sent += connection.recv(1000)
    return sent


def health(http: httpx2.Client, stack: RunningStack) -> dict[str, Any]:
    told: dict[str, Any] = http.get("/health", headers=stack.headers("head-office")).json()
    return told


def counted(report: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Requests and errors by name."""
    return {each["name"]: (each["requests"], each["errors"]) for each in report["calls"]["by_name"]}


def test_the_page_has_no_data_and_may_do_one_thing(http: httpx2.Client) -> None:
    strangers = http.get("/status")
    assert (strangers.status_code, strangers.headers["content-type"]) == (200, "text/html; charset=utf-8")
    parts = dict(part.strip().partition(" ")[::2] for part in strangers.headers["content-security-policy"].split(";"))
    scripts, styles = parts.pop("script-src"), parts.pop("style-src")
    assert [each[:8] + each[-1] for each in (scripts, styles)] == ["'sha256-'"] * 2
    assert parts == {
        "default-src": "'none'",
        "connect-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    expected = {"x-content-type-options": "nosniff", "cache-control": "no-store", "referrer-policy": "no-referrer"}
    assert {name: strangers.headers[name] for name in expected} == expected
    assert "strict-transport-security" not in strangers.headers  # over plain http it says nothing
    head = http.head("/status")
    assert (head.status_code, head.content) == (200, b"")
    assert http.post("/status").status_code in (404, 405)
    assert '<a href="status">' in http.get("/").text


@pytest.mark.anyio
async def test_it_is_the_same_for_everybody_and_over_https_asks_for_https(
    http: httpx2.Client, stack: RunningStack
) -> None:
    assert http.get("/status", headers=stack.headers("head-office")).content == http.get("/status").content
    request: Any = None
    answer = await StatusPage("https://shops.example/mcp", "Zava Retail MCP").answer(request)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert b"dev.py" not in bytes(answer.body)


@pytest.mark.anyio
async def test_an_administrator_sees_what_has_just_been_called_and_what_stands_behind(
    browser: Browser, stack: RunningStack, http: httpx2.Client, speak: Speak
) -> None:
    manager = speak(MODERN, "kirkland")
    manager.ask("tools/call", {"name": "none such", "arguments": {}})
    manager.ask("prompts/get", {"name": "none such"})
    report = health(http, stack)
    before = counted(report)
    for text in ("SELECT 1", "SELECT 2", "SELECT 3", "DELETE FROM retail.orders", "DROP TABLE retail.orders"):
        manager.ask("tools/call", {"name": "execute_sales_query", "arguments": {"postgresql_query": text}})
    manager.ask("tools/call", {"name": "describe_access", "arguments": {}})
    added = {"execute_sales_query": (5, 2), "describe_access": (1, 0)}
    token = stack.token("head-office")
    async with opened(browser, stack) as (page, looked):
        await sign_in(page, token)
        calls = await rows_of(page, "calls")
        for name, (requests, errors) in added.items():
            known_requests, known_errors = before.get(name, (0, 0))
            assert calls[name][:2] == [str(known_requests + requests), str(known_errors + errors)]
        total = report["calls"]
        assert total["requests"] == sum(each["requests"] for each in total["by_name"])
        assert calls["All requests"][:2] == [str(total["requests"] + 6), str(total["errors"] + 2)]
        assert {f"{method} of an unknown name" for method in ("tools/call", "prompts/get")} <= calls.keys()
        p50, p95, p99 = (float(cell) for cell in calls["execute_sales_query"][3:6])
        assert 0 < p50 <= p95 <= p99
        told = health(http, stack)
        isolation = await rows_of(page, "isolation")
        newest = json.loads((stack.state / "secrets.json").read_text())["rls-signing-key"]
        assert isolation["State"] == ["proven"]
        assert isolation["Signing key"][0] in {each["version"] for each in newest}
        assert (await rows_of(page, "embeddings"))["Products that wait"] == [str(told["embeddings"]["waiting"])]
        assert "Last backup" in await rows_of(page, "backups")
        assert (await rows_of(page, "components")).keys() == told["components"].keys()
        assert (await rows_of(page, "pools")).keys() == told["pools"].keys()
        assert token not in await page.evaluate(KEPT)
        assert token.rpartition(".")[2] not in await page.evaluate(KEPT)
        assert {url.removeprefix(stack.base) for url in looked.requests} <= OWN_PATHS
        assert looked.complaints == []


@pytest.mark.anyio
async def test_it_asks_again_each_half_minute_until_one_signs_out(browser: Browser, stack: RunningStack) -> None:
    async with opened(browser, stack) as (page, looked):
        await page.clock.install()
        await page.reload()
        await sign_in(page, f"Bearer {stack.token('head-office')}")  # as people copy it
        async with page.expect_response("**/health") as again:
            await page.clock.run_for(31_000)
        assert (await again.value).status == 200
        asked = [url for url in looked.requests if url.endswith("/health")]
        await page.get_by_role("button", name="Sign out").click()
        assert await page.locator("tbody tr").count() == 0
        assert await page.locator("#figures").is_hidden()
        await page.clock.run_for(120_000)
        await page.get_by_label("Access token").fill("kein Token")
        await page.get_by_role("button", name="Sign in").click()
        assert await page.locator("#message").inner_text() == "That is no token."
        assert [url for url in looked.requests if url.endswith("/health")] == asked


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("token_of", "status", "message"),
    [
        (lambda stack: with_every_scope(stack, "kirkland"), 403, "This token is not an administrator's."),
        (lambda stack: stack.token("kirkland"), 403, "This token lacks the scope “admin”."),
        (lambda stack: stack.token("nobody"), 403, "This token lacks the scope “admin”."),
        (lambda stack: "bm9ib2R5", 401, "The server does not accept this token"),
    ],
)
async def test_others_are_refused_and_see_no_figure(
    browser: Browser, stack: RunningStack, token_of: Callable[[RunningStack], str], status: int, message: str
) -> None:
    async with opened(browser, stack) as (page, looked):
        await sign_in(page, token := token_of(stack))
        assert (await page.locator("#message").inner_text()).startswith(message)
        assert await page.locator("tbody tr").count() == 0
        assert await page.locator("#figures").is_hidden()
        assert await page.get_by_label("Access token").evaluate("(input) => input === document.activeElement")
        assert token not in await page.evaluate(KEPT)
        [of_the_browser] = looked.complaints  # which names the status of what was asked; the page says nothing
        assert of_the_browser.startswith(f"Failed to load resource: the server responded with a status of {status}")


@pytest.mark.anyio
async def test_where_the_server_cannot_say_nothing_old_is_shown(browser: Browser, stack: RunningStack) -> None:
    async with opened(browser, stack) as (page, _):
        await sign_in(page, stack.token("head-office"))
        assert await page.locator("tbody tr").count() > 0

        async def unavailable(route: Route) -> None:
            await route.fulfill(status=503, json={"error": "temporarily_unavailable"})

        async def gone(route: Route) -> None:
            await route.abort()

        for answer, message in (
            (unavailable, "The server cannot say now who is an administrator (503)."),
            (gone, "The server does not answer."),
        ):
            await page.route("**/health", answer)
            await page.get_by_role("button", name="Refresh").click()
            await page.get_by_text(message).wait_for()
            assert await page.locator("tbody tr").count() == 0
            await page.unroute("**/health")
            async with page.expect_response("**/health"):
                await page.get_by_role("button", name="Refresh").click()
            await page.locator("#calls tbody tr").first.wait_for()


@pytest.mark.anyio
async def test_what_is_wrong_is_shown_as_such_and_a_text_stays_a_text(
    browser: Browser, stack: RunningStack, http: httpx2.Client
) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    verified = {"verified_at": "2026-01-02T03:04:05+00:00", "verified_seconds_ago": 10}
    taken = {"taken_at": "2026-01-02T03:04:05+00:00", "taken_seconds_ago": 3 * 3600}
    slow = {"fingerprint": hostile, "written_by": "caller", "count": 7, "longest_seconds": 2.5}
    report = health(http, stack)
    report["status"] = "unavailable"
    report["slow_statements"] |= {"count": 7, "fingerprints": [slow | {"last_at": "2026-01-02T03:04:05+00:00"}]}
    report["embeddings"] = {"error": "Timeout", "model": hostile, "breaker": "open"}
    report["backups"] = {
        "error": None,
        "last": {"id": "b", "kind": "incremental", **taken},
        "last_verified": {"id": "a", **taken, **verified},
        "failed": {"id": "c", **verified},
    }
    report["isolation"] |= {"state": "failed", "failed": ["canaries", "policies"]}
    report["components"] = {hostile: {"state": "down", "since": "now", "last_error": hostile, "last_error_at": "now"}}
    async with opened(browser, stack) as (page, looked):
        await page.route("**/health", lambda route: route.fulfill(json=report))
        await sign_in(page, stack.token("head-office"))
        assert await rows_of(page, "slow") == {hostile: ["caller", "7", "2.5", "2026-01-02 03:04:05 UTC"]}
        assert await rows_of(page, "embeddings") == {"Cannot be told": ["Timeout"], "Breaker of the service": ["open"]}
        assert await rows_of(page, "backups") == {
            "Last backup": ["3 h ago (incremental, b)"],
            "Last verified backup": ["3 h ago (a)"],
            "Verified": ["10 s ago"],
            "Does not hold": ["c, seen 10 s ago"],
        }
        assert (await rows_of(page, "isolation"))["Checks that fail"] == ["canaries, policies"]
        wrong = await page.locator(".bad").all_inner_texts()
        assert wrong == ["Timeout", "open", "c, seen 10 s ago", "failed", "canaries, policies", "down", "unavailable"]
        assert await page.locator("img").count() == 0
        assert looked.complaints == []


@pytest.mark.anyio
async def test_the_browser_lets_it_do_nothing_else(browser: Browser, stack: RunningStack) -> None:
    expected = {
        "connect-src",
        "img-src",
        "frame-src",
        "style-src-elem",
        "form-action",
        "require-trusted-types-for",
        "a string as HTML",
    }
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        async with opened(browser, stack) as (page, _):
            address = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
            blocked = await page.evaluate(BLOCKED, [address, len(expected)])
        assert all_sent_to(elsewhere) == b""
    assert set(blocked) == expected


@pytest.mark.anyio
async def test_nobody_meets_a_barrier_or_an_error(browser: Browser, stack: RunningStack) -> None:
    PICTURES.mkdir(exist_ok=True)
    for scheme, (name, (width, height)) in product(SCHEMES, SIZES.items()):
        size: ViewportSize = {"width": width, "height": height}
        async with opened(browser, stack, viewport=size, color_scheme=scheme) as (page, looked):
            for state in ("out", "in"):
                if state == "in":
                    await sign_in(page, stack.token("head-office"))
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
                assert await barriers(page) == [], (scheme, name, state)
                await page.screenshot(path=PICTURES / f"status-{state}-{name}-{scheme}.png", full_page=True)
            assert looked.complaints == []
