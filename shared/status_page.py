"""GET /status: a page without data, whose script asks /health with the token that an administrator types in.

The server has bearer tokens alone, and so no cookie that another site could make a browser send. The token is in a
variable of the page, and goes to this server's /health and nowhere else.
"""

from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.content_policy import hash_source, page_headers
from shared.loopback import on_this_machine

_FOLDER = Path(__file__).resolve().parent / "pages"
_LOCALLY = " Locally <code>python3 dev.py token --as head-office</code> prints one."


class StatusPage:
    """The same for everybody, whoever asks and whatever state the server is in."""

    def __init__(self, mcp_url: str, title: str) -> None:
        """title: what people call the server."""
        style = _text("home/style.css") + _text("status/style.css")
        script = _text("status/figures.js") + _text("status/page.js")
        self._page = Template(_text("status/page.html")).substitute(
            style=style,
            script=script,
            title=escape(title),
            locally=_LOCALLY if on_this_machine(mcp_url) else "",
            mcp_url=escape(mcp_url),
        )
        policy = (
            f"script-src {hash_source(script)}; style-src {hash_source(style)}; connect-src 'self'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        self._headers = page_headers(policy, secure=mcp_url.startswith("https://"))

    async def answer(self, _: Request) -> HTMLResponse:
        """For everybody: there is nothing in it to be kept from anybody."""
        return HTMLResponse(self._page, headers=self._headers)


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
