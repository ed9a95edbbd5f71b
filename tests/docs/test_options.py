"""Every command that a page names exists, with every option that it gives."""

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest

import dev
from bench.__main__ import _parser as bench_parser
from infra.checks.__main__ import _parser as checks_parser
from infra.hooks.__main__ import _parser as hooks_parser
from shared.commands.parser import make_parser as shared_parser
from tests.docs.pages import code, commands, pages
from tests.stack import REPOSITORY

PROGRAMS = {
    "python3 dev.py bench": bench_parser(),
    "python3 dev.py": dev._parser(),
    "python -m shared": shared_parser(),
    "python -m infra.hooks": hooks_parser(),
    "python -m infra.checks": checks_parser(),
}
"""How a line begins, and who reads the rest."""
OF_PYTEST = {"-s", "-q", "-x", "-k", "-m"}


def mentions(page: str) -> Iterator[str]:
    """Commands in blocks and between backticks, also one that stands in another."""
    for text in [*(command.text for command in commands(page)), *code(page)]:
        text = re.sub(r"\$\(([^()]*)\)", r" ; \1 ; ", text)
        for part in re.split(r"\s;\s|\s[|&]+\s|\s>\s", text):
            yield part.replace("dev.py", "python3 dev.py") if part.startswith("dev.py ") else part.strip()


def mistake(text: str) -> str | None:
    """What no parser knows in a command of ours; None where all is right, or it is somebody else's."""
    if text.partition(" ")[0] in _verbs(PROGRAMS["python -m shared"]):  # short for it, in a sentence
        text = f"python -m shared {text}"
    for program, parser in PROGRAMS.items():
        if text == program or text.startswith(f"{program} "):
            words = shlex.split(re.sub(r"[\[\]]", " ", text.removeprefix(program)))
            return _mistake(parser, words)
    return None


def _mistake(parser: argparse.ArgumentParser, words: list[str]) -> str | None:
    if words and not words[0].startswith("-") and (verbs := _verbs(parser)):
        if words[0] not in verbs:
            return f"no command {words[0]}"
        return _of_tests(words[1:]) if words[0] == "test" else _mistake(verbs[words[0]], words[1:])
    known = parser._option_string_actions
    for word in words:
        option, _, value = word.partition("=")
        if option.startswith("-") and option not in known:
            return f"no option {option}"
    for option, value in zip(words, words[1:], strict=False):
        choices = known[option].choices if option in known else None
        if choices and value not in choices and not value.isupper() and not value.startswith("$"):
            return f"{option} {value}: one of {', '.join(map(str, choices))}"
    positional = [action for action in parser._actions if not action.option_strings and action.choices]
    if positional and words and not words[0].startswith("-") and words[0] not in (positional[0].choices or ()):
        return None if words[0].startswith("STEP") else f"no {words[0]}"
    return None


def _of_tests(words: list[str]) -> str | None:
    """Arguments of `dev.py test`: folders that are there, and options of pytest's or its own."""
    for word in words:
        if word.startswith("-"):
            if word not in OF_PYTEST | {"--coverage"}:
                return f"no option {word}"
        elif not (REPOSITORY / word.partition("::")[0]).exists() and not word.isupper():
            return f"no {word}"
    return None


def _verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


@pytest.mark.parametrize("page", [page for page in pages() if page != "CHANGELOG.md"])  # which tells of what was
def test_every_command_that_a_page_names_exists_with_its_options(page: str) -> None:
    assert {text: found for text in mentions(page) if (found := mistake(text))} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("python -m shared rotate-keys --now", None),
        ("rotate-keys --soon", "no option --soon"),
        ("python -m shared rotate-key --now", "no command rotate-key"),
        ("python -m shared rotate-keys --soon", "no option --soon"),
        ("python -m shared restore [ID] [--databases NAME]", "no option --databases"),
        ("python3 dev.py token --as stranger", f"--as stranger: one of {', '.join(dev.PEOPLE)}"),
        ("python3 dev.py bench calls [--peer dbhub]", None),
        ("python3 dev.py bench nothing", "no nothing"),
        ("python3 dev.py test tests/nothing", "no tests/nothing"),
        ("python -m infra.hooks STEP… [--dry-run]", None),
        ("python -m infra.hooks nothing", "no nothing"),
        ("azd up --nothing", None),
    ],
)
def test_what_is_a_mistake(text: str, found: str | None) -> None:
    assert mistake(text) == found


def test_there_is_something_to_look_at() -> None:
    ours = [text for page in pages() for text in mentions(page) if text.startswith(tuple(PROGRAMS))]
    assert len(ours) > 80
