"""One verb of the command line, as the parser, its help and the documentation know it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.commands.status import Status

type Run = Callable[[Namespace, Mapping[str, str]], Status]
"""Of options and the environment."""


def _no_options(parser: ArgumentParser) -> None:
    """Only those that every verb has."""


@dataclass(frozen=True, kw_only=True)
class Verb:
    """help: a line. about: what --help says besides. keys: of its JSON document."""

    name: str
    help: str
    about: str
    keys: tuple[str, ...]
    run: Run
    add: Callable[[ArgumentParser], None] = _no_options


def add_dry_run(parser: ArgumentParser, what: str, *names: str) -> None:
    """what: what is said in place of what is done. names: older ones of the option."""
    parser.add_argument("--dry-run", *names, action="store_true", help=what)


def add_url_variable(parser: ArgumentParser, variable: str, login: str) -> None:
    """The name of a variable and not a URL, for command lines are seen by others."""
    parser.add_argument(
        "--database-url-env",
        metavar="NAME",
        default=variable,
        help=f"the variable that holds the URL of {login} ({variable})",
    )
