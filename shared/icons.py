"""Icons of tools, prompts and resources, drawn for this project: one small SVG a subject, in pages/icons/.

Served beside the endpoint rather than written into the lists, of whose cost data: URIs would be a fifth.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

from mcp.types import Icon
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).resolve().parent / "pages" / "icons"
DRAWING = {
    "cache-control": "public, max-age=86400",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "cross-origin-resource-policy": "cross-origin",  # clients in browsers show them
    "x-content-type-options": "nosniff",
}


def icons(subject: str) -> list[Icon]:
    """The icon of a subject, by a reference that `served_at` completes; raises KeyError for a subject without one."""
    return [Icon(src=f"icons/{_file_names()[subject]}")]


def served_at(server_url: str, icons: Sequence[Icon] | None) -> list[Icon]:
    """The same icons by the URLs under which `drawing` serves them. server_url: of the MCP endpoint."""
    return [icon.model_copy(update={"src": urljoin(server_url, icon.src)}) for icon in icons or ()]


async def drawing(request: Request) -> Response:
    """GET /icons/{name}: for everybody, as clients fetch it without a token."""
    name = request.path_params["name"]
    if name not in _file_names().values():
        return Response(status_code=404)
    return Response(_content(name), media_type="image/svg+xml", headers=DRAWING)


@cache
def _file_names() -> dict[str, str]:
    return {path.stem: path.name for path in FOLDER.glob("*.svg")}


@cache
def _content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
