"""Verbs that bring a database up to date: its schema, and the embeddings of its products."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

from shared.commands.status import Status
from shared.commands.verbs.verb import Verb, add_dry_run, add_url_variable


def _add_migrate(parser: ArgumentParser) -> None:
    add_url_variable(parser, "ADMIN_DATABASE_URL", "a login that creates roles")
    parser.add_argument(
        "--for-verification",
        action="store_true",
        help="an empty database, which verify-backup may overwrite from now on",
    )
    add_dry_run(parser, "name the migrations that are missing, and change nothing")


def _migrate(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.migrate import migrate

    return migrate(
        environ,
        options.database_url_env,
        for_verification=options.for_verification,
        dry_run=options.dry_run,
        as_json=options.json,
    )


def _refresh_embeddings(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.refresh_embeddings import refresh_embeddings

    return refresh_embeddings(environ, dry_run=options.dry_run, as_json=options.json)


VERBS = (
    Verb(
        name="migrate",
        help="bring a database to the schema of this release",
        about="In one transaction: what fails changes nothing.",
        keys=("applied", "dry_run"),
        add=_add_migrate,
        run=_migrate,
    ),
    Verb(
        name="refresh-embeddings",
        help="embed products that are new or have another text",
        about="With EMBEDDING_MODEL; searches go on meanwhile. Status 1 where products wait or are refused.",
        keys=("served", "waiting", "refused", "oldest_seconds", "next_due_seconds"),
        add=lambda parser: add_dry_run(parser, "count what waits to be embedded, and embed nothing"),
        run=_refresh_embeddings,
    ),
)
