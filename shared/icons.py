"""Icons of tools, prompts and resources, drawn for this project: one small SVG a subject, in pages/icons/."""

from functools import cache
from pathlib import Path
from urllib.parse import quote

from mcp.types import Icon

FOLDER = Path(__file__).resolve().parent / "pages" / "icons"


@cache
def icons(subject: str) -> list[Icon]:
    """The icon of a subject, as a data: URI, so that clients fetch nothing."""
    drawing = (FOLDER / f"{subject}.svg").read_text(encoding="utf-8").strip()
    source = f"data:image/svg+xml,{quote(drawing, safe="/:=',")}"
    return [Icon(src=source)]
