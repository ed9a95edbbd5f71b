"""What pages point at is there: pages, their sections, files, and tests that are said to show something."""

import re
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import anchors, blocks, code, files, links, pages

OF_THE_TREE = {".py", ".sql", ".bicep", ".md", ".csv", ".golden", ".toml", ".js"}
MADE = {
    ".vscode/mcp.json": "`dev.py start` writes it",
    "tests/charts/pictures/": "tests/charts draws them",
}
"""Names of files that are in no clone, by whom they are made."""
FOLDERS = {str(parent) for name in files() for parent in PurePosixPath(name).parents}
NAMES = {PurePosixPath(name).name for name in files()}


def paths_of(text: str) -> str | None:
    """The text as a path of this tree, where it looks like one; without a line's number behind it."""
    text = re.sub(r":\d+$", "", text)
    if not re.fullmatch(r"[\w.*{},/-]+", text) or text in MADE:
        return None
    first = text.partition("/")[0]
    if "/" in text:
        return text if first in FOLDERS else None
    return text if PurePosixPath(text).suffix in OF_THE_TREE else None


def is_there(path: str) -> bool:
    """A file or folder; a bare name anywhere; one at least for a pattern, and each of `{a,b}`."""
    if alternatives := re.fullmatch(r"(.*)\{(.*)\}(.*)", path):
        before, names, after = alternatives.groups()
        return all(is_there(before + name + after) for name in names.split(","))
    if path.endswith("/"):
        return path.rstrip("/") in FOLDERS
    if "*" in path:
        return any(fnmatch(name, path) for name in files())
    return path in files() or path in FOLDERS or path in NAMES


@pytest.mark.parametrize("page", pages())
def test_each_link_leads_to_a_page_and_a_section_that_are_there(page: str) -> None:
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert (parts.scheme, bool(parts.hostname), " " in link) == ("https", True, False), link
            continue
        target = str(PurePosixPath(page).parent / parts.path) if parts.path else page
        target = str(Path("/", target).resolve().relative_to("/"))
        assert target in files() or target in FOLDERS, link
        assert not parts.fragment or parts.fragment in anchors(target), link


@pytest.mark.parametrize("page", [page for page in pages() if page != "CHANGELOG.md"])  # which tells of what was
def test_each_file_that_is_named_is_there(page: str) -> None:
    named = {path for text in code(page) if (path := paths_of(text))}
    assert {path for path in named if not is_there(path)} == set()


def test_the_tree_of_the_readme_is_the_tree() -> None:
    (tree,) = [block.text for block in blocks("README.md") if block.text.startswith("function_app.py")]
    named = re.findall(r"^(\S+) ", tree, re.MULTILINE)
    assert [name for name in named if not is_there(name)] == []
    assert {f"{name.partition('/')[0]}/" for name in files() if "/" in name and name[0] != "."} <= {*named, "docs/"}


@pytest.mark.parametrize("page", pages())
def test_each_block_says_what_it_is_written_in(page: str) -> None:
    known = {"console", "sh", "text", "json", "sql", "kusto", "python"}
    assert {f"{page}:{block.line}" for block in blocks(page) if block.language not in known} == set()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("shared/nothing.py", "shared/nothing.py"),
        ("shared/settings.py:12", "shared/settings.py"),
        ("nothing.py", "nothing.py"),
        ("docs/", "docs/"),
        ("tools/list", None),
        ("io.modelcontextprotocol/ui", None),
        ("python3 dev.py start", None),
    ],
)
def test_what_is_taken_for_a_path(text: str, path: str | None) -> None:
    assert paths_of(text) == path


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("shared/settings.py", True),
        ("settings.py", True),
        ("shared/nothing.py", False),
        ("nothing.py", False),
        ("shared/", True),
        ("shared/nothing/", False),
        ("infra/hooks/*.py", True),
        ("infra/hooks/*.js", False),
        ("docs/{search,charts}.md", True),
        ("docs/{search,nothing}.md", False),
    ],
)
def test_what_counts_as_there(path: str, there: bool) -> None:
    assert is_there(path) == there
