"""A function in, an MCP prompt out, for tokens with its scopes; and the words of one, with arguments as quoted data.

A store or a category goes in as the database knows it, for this caller; a date or a number as what it was read as. So
free text is only what has to be free, one line of printable characters, between JSON's quotation marks.
"""

import json
from collections.abc import Callable
from functools import cache
from inspect import getdoc
from pathlib import Path
from string import Template
from typing import Annotated, Any

from mcp.server.mcpserver.prompts.base import Prompt
from pydantic import AfterValidator, Field

from shared.icons import icons
from shared.identity.scopes import USUAL_SCOPES, scope_meta

FOLDER = Path(__file__).resolve().parent.parent / "pages" / "prompts"
WHAT_TO_MIND = "what_to_mind"
"""The end of every prompt."""
MAX_NAME = 200


class ScopedPrompt(Prompt):
    """A prompt that says which scopes it needs, as tools and resources do."""

    meta: dict[str, Any]


def prompt(function: Callable[..., Any], title: str, *, icon: str) -> ScopedPrompt:
    """The function as a prompt for tokens that open the tools it names; its name and docstring are what clients see."""
    made = Prompt.from_function(function, title=title, description=getdoc(function), icons=icons(icon))
    return ScopedPrompt(**dict(made), meta=scope_meta(*USUAL_SCOPES))


def words(name: str, **arguments: str) -> str:
    """A page with its arguments, and what to mind in all of them."""
    return "\n".join(Template(_page(page)).substitute(arguments) for page in (name, WHAT_TO_MIND))


def quoted(text: str) -> str:
    """The text as JSON, on one line and without what could end a piece of code in Markdown."""
    return json.dumps(text, ensure_ascii=False).replace("`", "\\u0060")


@cache
def _page(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    if not line or not line.isprintable():
        raise ValueError("write one or more words, without control characters or invisible ones")
    return line


Line = Annotated[str, AfterValidator(_one_line)]
StoreName = Annotated[Line, Field(description="One of your stores, by name or number", max_length=MAX_NAME)]
CategoryName = Annotated[Line, Field(description="A product category, for example Plumbing", max_length=MAX_NAME)]
