"""The chart of rows: a page that clients with MCP Apps show beside the results of the tools that name it.

It holds no data: the client hands it the result. One document, allowed to load nothing and to run nothing but itself.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp.server.apps import APP_MIME_TYPE, Apps, ResourceCsp
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.resources import TextResource
from mcp.types import Annotations

from shared.content_policy import hash_source
from shared.icons import icons
from shared.identity.scopes import scope_meta

CHART_URI = "ui://zava/chart.html"
KEPT_MILLISECONDS = 60 * 60 * 1000

_FOLDER = Path(__file__).resolve().parent / "pages" / "chart"
_SCRIPTS = ("values.js", "arrangement.js", "drawing.js", "table.js", "host.js", "app.js")
"""Parts of one script, in the order in which one needs the other."""


def chart_app() -> Apps:
    """The extension io.modelcontextprotocol/ui with the page as its resource, which any token of ours opens."""
    nothing = ResourceCsp(connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[])
    apps = Apps()
    apps.add_resource(
        TextResource(
            uri=CHART_URI,
            name="chart",
            title="Chart of a result",
            description="Draws the rows of a tool's result as lines, bars or a table. For clients that show MCP Apps.",
            mime_type=APP_MIME_TYPE,
            icons=icons("chart"),
            annotations=Annotations(audience=["user"], priority=0.1),
            meta={**scope_meta(), "ui": {"csp": nothing.model_dump(by_alias=True), "prefersBorder": True}},
            text=chart_document(),
        )
    )
    return apps


def chart_document() -> str:
    """The page with style and script in it, and a policy that permits these two by their hashes."""
    style = _text("style.css")
    script = "\n".join(map(_text, _SCRIPTS))
    policy = (
        f"default-src 'none'; script-src {hash_source(script)}; style-src {hash_source(style)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    page = _text("page.html")
    for name, text in {"policy": policy, "style": style, "script": script}.items():
        page = page.replace(f"{{{name}}}", text, 1)
    return page


async def share_chart(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware that lets everybody keep the page, and keep it longer than resources in general."""
    result = await call_next(ctx)
    if ctx.method != "resources/read" or (ctx.params or {}).get("uri") != CHART_URI:
        return result
    if not isinstance(result, Mapping) or "ttlMs" not in result:  # revisions before 2026-07-28 say nothing of it
        return result
    return {**result, "ttlMs": KEPT_MILLISECONDS, "cacheScope": "public"}


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
