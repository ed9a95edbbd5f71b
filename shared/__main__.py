"""Operator commands: `python -m shared VERB`, with the settings of the server in the environment."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from shared.prove_isolation import prove_isolation
from shared.refresh_command import refresh_command


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit status of one command."""
    options = _parser().parse_args(arguments)
    status: int = options.run(options, environ)
    return status


def _prove_isolation(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if options.database_url_env is not None:
        environ = {**environ, "APP_DATABASE_URL": environ.get(options.database_url_env, "")}
    return prove_isolation(environ, as_json=options.json)


def _refresh_embeddings(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return refresh_command(environ, as_json=options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared", description="Operator commands of Zava Retail MCP.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    proof = verbs.add_parser(
        "prove-isolation",
        help="prove that the database keeps tenants apart",
        description="Prove that the database keeps tenants apart. Exit status: 0 proven, 1 not proven, 2 unknown. "
        "With OWNER_DATABASE_URL in the environment, canary rows are planted, looked at and rolled back as well.",
    )
    proof.add_argument("--json", action="store_true", help="print JSON instead of a table")
    proof.add_argument(
        "--database-url-env", metavar="NAME", help="the variable that holds the login's URL (APP_DATABASE_URL)"
    )
    proof.set_defaults(run=_prove_isolation)
    refresh = verbs.add_parser(
        "refresh-embeddings",
        help="embed products that are new or have another text",
        description="Embed products that are new or have another text, with EMBEDDING_MODEL; searches go on meanwhile. "
        "Exit status: 0 all are embedded, 1 some wait or are refused, 2 failed. Ctrl-C loses nothing.",
    )
    refresh.add_argument("--json", action="store_true", help="print JSON instead of a sentence")
    refresh.set_defaults(run=_refresh_embeddings)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
