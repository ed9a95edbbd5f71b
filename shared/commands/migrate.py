"""`python -m shared migrate`: a database brought to the schema of this release, by an administrator's login."""

from collections.abc import Mapping

import psycopg

from shared.commands.sentences import awaited, ended
from shared.commands.status import Status
from shared.commands.terminal import print_document, print_lines
from shared.database.pool import CONNECT_SECONDS, database_password
from shared.database.schema import deploy_schema, pending_migrations
from shared.domain import domain_named
from shared.settings import database_url_in, served_domain_in

VARIABLE = "ADMIN_DATABASE_URL"


def migrate(
    environ: Mapping[str, str],
    variable: str = VARIABLE,
    *,
    for_verification: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
) -> Status:
    """NOT_SO where the database's history or its server's parameters are none for it, with nothing changed.

    variable: holds the URL; without a password in it, a token of Entra is the password. for_verification: see
    deploy_schema. dry_run: tells which migrations are missing and changes nothing.
    """

    def run() -> Status:
        url = database_url_in(environ, variable)
        domain = domain_named(served_domain_in(environ))
        password = awaited(database_password(url, environ.get("AZURE_CLIENT_ID")))
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS, password=password) as connection:
            names = (
                pending_migrations(connection, domain=domain)
                if dry_run
                else deploy_schema(connection, domain=domain, for_verification=for_verification)
            )
        if as_json:
            print_document({"applied": names, "dry_run": dry_run})
        elif dry_run:
            print_lines(*(f"would apply {name}" for name in names), f"{len(names)} migrations would be applied")
        else:
            rest = "roles, functions, policies and privileges are those of this release"
            print_lines(*(f"applied {name}" for name in names), f"{len(names)} migrations applied; {rest}")
        return Status.DONE

    return ended("migrate", run, as_json=as_json, stopped="stopped; nothing was changed")
