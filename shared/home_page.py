"""GET /: for people who follow the address to see what is there. No script, nothing from elsewhere, no row."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.types import Tool
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.client_configuration import TOKEN_COMMAND, as_text, claude_code_command, vscode_configuration
from shared.content_policy import hash_source, page_headers
from shared.identity.scopes import SCOPE_KEY
from shared.loopback import on_this_machine
from shared.readiness import Probes
from shared.version import VERSION

_FOLDER = Path(__file__).resolve().parent / "pages" / "home"

_SIGN_IN = f": locally with a token that <code>{TOKEN_COMMAND}</code> prints"

type AllTools = Callable[[], Awaitable[Sequence[Tool]]]


class HomePage:
    """Says what this server is, whether it can answer, how clients are told of it and what tools it has."""

    def __init__(self, mcp_url: str, server: MCPServer[Any], all_tools: AllTools, probes: Probes) -> None:
        """all_tools: whatever the scopes; their descriptions are no secret."""
        self._mcp_url = mcp_url
        self._server = server
        self._all_tools = all_tools
        self._probes = probes
        style = (_FOLDER / "style.css").read_text(encoding="utf-8")
        self._page = Template(
            Template((_FOLDER / "page.html").read_text(encoding="utf-8")).safe_substitute(style=style)
        )
        self._headers = page_headers(f"style-src {hash_source(style)}", secure=mcp_url.startswith("https://"))

    async def answer(self, _: Request) -> HTMLResponse:
        """For everybody, also where the server is not ready: that is what the page is to say."""
        ready = (await self._probes.readiness()).ready
        local = on_this_machine(self._mcp_url)
        page = self._page.substitute(
            state="up" if ready else "down",
            status="Ready" if ready else "Not ready: the database, or the proof of isolation, is missing",
            version=escape(VERSION),
            title=escape(self._server.title or self._server.name),
            description=escape(self._server.description or ""),
            sign_in=_SIGN_IN if local else "",
            mcp_url=escape(self._mcp_url),
            clients="\n".join(_clients(self._server.name, self._mcp_url, local=local)),
            tools="\n".join(map(_tool, await self._all_tools())),
        )
        return HTMLResponse(page, headers=self._headers)


def _clients(name: str, url: str, *, local: bool) -> Iterator[str]:
    yield _snippet("Claude Code", claude_code_command(url, TOKEN_COMMAND if local else None, name))
    vscode = vscode_configuration(url, asks_for_token=local, name=name)
    yield _snippet("VS Code, .vscode/mcp.json", as_text(vscode).rstrip())


def _snippet(title: str, text: str) -> str:
    label = escape(title)
    return f'<h3>{label}</h3>\n<pre tabindex="0" aria-label="{label}"><code>{escape(text)}</code></pre>'


def _tool(tool: Tool) -> str:
    first = (tool.description or "").partition("\n\n")[0]
    scopes = (tool.meta or {})[SCOPE_KEY] or "any token"
    return (
        f"<dt>{escape(tool.title or tool.name)} <code>{escape(tool.name)}</code></dt>\n"
        f'<dd>{escape(first)} <span class="quiet">({escape(scopes)})</span></dd>'
    )
