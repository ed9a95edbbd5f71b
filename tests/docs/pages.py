"""Pages of Markdown as GitHub reads them: fenced blocks, commands in them, headings, links and inline code."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.conftest import REPOSITORY

MARKDOWN = MarkdownIt("commonmark").enable("table")
FOR_CLIENTS = ("shared/pages/", "examples/animal_clinics/glossary.md")
"""What the server gives to models: no pages of the repository's."""


class Block(NamedTuple):
    """A fenced block: the language that it names, its text, the line that it begins on."""

    page: str
    language: str
    text: str
    line: int


class Command(NamedTuple):
    """A command of a block, without its comment."""

    page: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.text}"


@cache
def files() -> frozenset[str]:
    """What git has, or would have once it is added."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    printed = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    return frozenset(name for name in printed.split("\0") if name and (REPOSITORY / name).is_file())


def pages() -> list[str]:
    """The repository's pages."""
    return sorted(name for name in files() if name.endswith(".md") and not name.startswith(FOR_CLIENTS))


@cache
def tokens(page: str) -> tuple[Token, ...]:
    return tuple(MARKDOWN.parse((REPOSITORY / page).read_text()))


def inline(page: str) -> Iterator[Token]:
    """Text, code and links in paragraphs, tables and headings."""
    for token in tokens(page):
        yield from token.children or ()


def code(page: str) -> list[str]:
    """What stands between backticks within a line."""
    return [token.content for token in inline(page) if token.type == "code_inline"]


def links(page: str) -> list[str]:
    """Targets of links and pictures."""
    attributes = {"link_open": "href", "image": "src"}
    return [str(token.attrs[attributes[token.type]]) for token in inline(page) if token.type in attributes]


def anchors(page: str) -> set[str]:
    """What GitHub names the headings."""
    named: list[str] = []
    for heading, content in zip(tokens(page), tokens(page)[1:], strict=False):
        if heading.type == "heading_open":
            words = "".join(child.content for child in content.children or ())
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            same = sum(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", other) is not None for other in named)
            named.append(f"{slug}-{same}" if same else slug)
    return set(named)


def blocks(page: str) -> list[Block]:
    return [
        Block(page, token.info.partition(" ")[0], token.content, (token.map or [0])[0] + 1)
        for token in tokens(page)
        if token.type in ("fence", "code_block")
    ]


def commands(page: str) -> list[Command]:
    """Of `sh` each line, of `console` what follows a `$`, with the lines that the shell would wait for."""
    found = []
    for block in blocks(page):
        if block.language not in ("sh", "console"):
            continue
        lines = iter(enumerate(block.text.splitlines(), block.line + 1))
        for number, line in lines:
            if block.language == "console" and not line.startswith("$ "):
                continue
            text = line.removeprefix("$ ")
            while _waits(text):
                text += "\n" + next(lines)[1]
            if text := re.sub(r"(^|\s+)# [^\n]*$", "", text).strip():
                found.append(Command(page, number, text))
    return found


def _waits(text: str) -> bool:
    """Whether a shell would ask for another line."""
    return text.endswith("\\") or text.count("'") % 2 == 1
