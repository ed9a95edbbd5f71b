"""Verbs that prove something and change nothing."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

from shared.commands.status import Status
from shared.commands.verbs.verb import Verb, add_url_variable


def _prove_isolation(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.prove_isolation import prove_isolation

    name = options.database_url_env
    return prove_isolation({**environ, "APP_DATABASE_URL": environ.get(name, "")}, as_json=options.json)


def _add_verify_audit(parser: ArgumentParser) -> None:
    parser.add_argument("--head", metavar="SEQ:HASH", help="a head that an earlier run printed, or the server logged")
    add_url_variable(parser, "BACKUP_DATABASE_URL", "a login that reads the trail")


def _verify_audit(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.verify_audit import verify_audit

    return verify_audit(environ, options.database_url_env, anchor=options.head, as_json=options.json)


VERBS = (
    Verb(
        name="prove-isolation",
        help="prove that the database keeps tenants apart",
        about="With OWNER_DATABASE_URL in the environment, canary rows are planted, looked at and rolled back as well.",
        keys=("holds", "checked_at", "duration_ms", "checks"),
        add=lambda parser: add_url_variable(parser, "APP_DATABASE_URL", "the callers' login"),
        run=_prove_isolation,
    ),
    Verb(
        name="verify-audit",
        help="verify that the audit trail is as it was written",
        about="No row is changed, missing or in another place. Only a head that was kept elsewhere shows that rows at "
        "the end are gone.",
        keys=("intact", "rows", "begins_after", "head", "anchored", "broken"),
        add=_add_verify_audit,
        run=_verify_audit,
    ),
)
