"""Whole requests: a body, and headers that belong to it or do not."""

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.messages import META, Tools, bodies, messages
from tests.fuzz.wire import Request

VERSION = META["io.modelcontextprotocol/protocolVersion"]
KIRKLANDS_STORE = "9c8b7a65-4321-fed0-9876-543210fedcba"
SEATTLES_STORE = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
PATHS = (
    *(
        "/mcp?x=%00",
        "/mcp/",
        "/MCP",
        "/health/ready",
        "/health",
        "/health/live",
        "/status",
        "/icons/zava.svg",
        "/icons/%2e%2e",
        "/.well-known/oauth-protected-resource",
        "/admin/x",
    ),
    *("/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource/%2e%2e/mcp", "/", "/%ff"),
)
ODD: dict[str, tuple[str, ...]] = {
    "accept": (
        "*/*",
        "application/json",
        "text/event-stream",
        "text/html",
        "application/json;q=0, text/event-stream",
        ",",
    ),
    "content-type": (
        "text/plain",
        "application/json; charset=utf-16",
        "application/json;charset=\xff",
        "multipart/form-data",
        ";",
    ),
    "mcp-protocol-version": ("2025-11-25", "2025-06-18", "2024-11-05", "1900-01-01", "2026-07-28, 2026-07-28", "DRAFT"),
    "mcp-method": ("tools/call", "tools/list", "TOOLS/CALL", "=?base64?dG9vbHMvY2FsbA==?=", "=?base64?%?="),
    "mcp-name": ("execute_sales_query", "no_such_tool", "=?base64?ZXhlY3V0ZV9zYWxlc19xdWVyeQ==?=", "=?base64?//8=?="),
    "mcp-session-id": ("1", "../..", "a" * 300),
    "last-event-id": ("1", "x"),
    "host": (
        "evil.example",
        "localhost",
        "127.0.0.1",
        "[::1]:80",
        "[",
        "a:99999",
        "a:b",
        "127.0.0.1:1@evil.example",
        "%00",
    ),
    "origin": ("null", "https://evil.example", "http://localhost:1", "http://[", "file://"),
    "authorization": (
        "Basic a2lya2xhbmQ6eA==",
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        "bearer eyJhbGciOiJub25lIn0.e30.",
        "\xe9",
    ),
    "x-rls-user-id": (
        KIRKLANDS_STORE,
        SEATTLES_STORE,
        KIRKLANDS_STORE.upper(),
        "*",
        "0" * 36,
        f"{KIRKLANDS_STORE},x",
        "\xff",
    ),
    "x-forwarded-proto": ("https", "http", "javascript", "https,http", "\xe9"),
    "x-forwarded-host": ("evil.example", "["),
    "x-forwarded-for": ("127.0.0.1", "unknown", "::1, x"),
    "x-original-url": ("/admin/functions", "http://["),
    "x-ms-client-principal": ("e30=", "%"),
    "traceparent": ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0", "\xff"),
    "cookie": ("a=b; c", "=;=", "\xff=\xfe"),
    "content-encoding": ("gzip", "br"),
    "if-none-match": ("*",),
    "x-http-method-override": ("DELETE",),
}
"""Values that are wrong, foreign or old, for each header that anybody on the way may look at."""

NAMES = st.sampled_from(sorted(ODD))
HOW_MANY_ODD = st.sampled_from([0] * 6 + [1, 1, 2])
SELDOM = st.sampled_from([False] * 19 + [True])
printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30)


@st.composite
def requests(draw: st.DrawFn, tools: Tools, host: str, token: str) -> Request:
    """Mostly a POST of kirkland's whose headers fit; sometimes anything else."""
    message = draw(messages(tools))
    headers = _fitting(message, host, token)
    for _ in range(draw(HOW_MANY_ODD)):
        name = draw(NAMES)
        match draw(st.sampled_from(["odd", "odd", "odd", "text", "gone"])):
            case "odd":
                headers[name] = draw(st.sampled_from(ODD[name]))
            case "text":
                headers[name] = draw(printable)
            case _:
                headers.pop(name, None)
    lines, body = tuple(headers.items()), draw(bodies(message))
    if draw(SELDOM):
        lines += (draw(st.sampled_from(lines or (("a", "b"),))),)
        body = body[:1000]  # two hosts are no HTTP: the server hangs up without reading on, and its 400 may be lost
    elsewhere = draw(SELDOM)
    method = draw(st.sampled_from(["GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD"])) if elsewhere else "POST"
    path = draw(st.sampled_from(PATHS)) if elsewhere else "/mcp"
    return Request(method, path, lines, body)


def _fitting(message: dict[str, Any], host: str, token: str) -> dict[str, str]:
    """The headers that a client of the message's era sends."""
    headers = {
        "host": host,
        "authorization": f"Bearer {token}",
        "accept": "application/json, text/event-stream",
        "content-type": "application/json",
    }
    if "_meta" in message["params"]:
        headers |= {"mcp-protocol-version": str(VERSION), "mcp-method": message["method"].strip()}
        name = message["params"].get("name") or message["params"].get("uri")
        if isinstance(name, str) and name.isascii() and name.isprintable():
            headers["mcp-name"] = name
    return headers
