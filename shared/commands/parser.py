"""The command line: verbs in groups, what they have in common, and the one help screen."""

import argparse
from collections.abc import Iterator
from typing import NoReturn

from shared.commands.status import MEANINGS, Status
from shared.commands.verbs import backups, database, keys, others, proofs
from shared.commands.verbs.verb import Verb

PROG = "python -m shared"
GROUPS: dict[str, tuple[Verb, ...]] = {
    "Proofs": proofs.VERBS,
    "Database": database.VERBS,
    "Backups": backups.VERBS,
    "Keys and tokens": keys.VERBS,
    "Without a server": others.VERBS,
}
VERBS = {verb.name: verb for verbs in GROUPS.values() for verb in verbs}


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(Status.WRONG_USE, f"{self.prog}: {message}; see {self.prog} --help\n")


def make_parser() -> Parser:
    """Of all verbs. What is parsed has `verb`, its Verb, and `parser`, its own."""
    parser = Parser(
        prog=PROG,
        usage=f"{PROG} VERB [options]",
        description=_overview(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)
    verbs = parser.add_subparsers(prog=PROG, required=True, metavar="VERB", help=argparse.SUPPRESS, parser_class=Parser)
    for verb in VERBS.values():
        own = verbs.add_parser(
            verb.name,
            help=verb.help,
            description=f"{verb.help[:1].upper()}{verb.help[1:]}. {verb.about}",
            epilog=f"JSON: {', '.join(verb.keys)}; error where it fails. {PROG} --help has the exit status.",
            allow_abbrev=False,
        )
        verb.add(own)
        own.add_argument("--json", action="store_true", help="one JSON document on stdout; messages stay on stderr")
        own.set_defaults(verb=verb, parser=own)
    return parser


def _overview() -> str:
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "Operator commands of Zava Retail MCP, with the settings of the server in the environment."
    width = max(map(len, VERBS))
    for title, verbs in GROUPS.items():
        yield f"\n{title}"
        yield from (f"  {verb.name:<{width}}  {verb.help}" for verb in verbs)
    yield "\nEvery verb has --help and --json; what changes or deletes something has --dry-run.\n\nExit status"
    yield from (f"  {status:>3}  {meaning}" for status, meaning in MEANINGS.items())
