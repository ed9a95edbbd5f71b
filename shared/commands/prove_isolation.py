"""`python -m shared prove-isolation`: the server's own proof for the terminal, on request with rows."""

import logging
from collections.abc import Iterator, Mapping

from shared.commands.owner import owner_login_in
from shared.commands.sentences import awaited, ended
from shared.commands.status import Status
from shared.commands.terminal import print_document, print_lines
from shared.domain import domain_named
from shared.isolation.attestation import Attestation
from shared.isolation.canary_rows import with_rows
from shared.services import Services
from shared.settings import Settings, served_domain_in


def prove_isolation(environ: Mapping[str, str], *, as_json: bool) -> Status:
    """NOT_SO where a check finds something. With an OWNER_DATABASE_URL also with rows, planted and rolled back."""
    for name in ("shared", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they would say, the table or the sentence says

    def run() -> Status:
        owner = owner_login_in(environ) if environ.get("OWNER_DATABASE_URL") else None
        attestation = awaited(_attested(Settings.from_environ(environ)))
        if owner:
            attestation = with_rows(attestation, *owner, domain=domain_named(served_domain_in(environ)))
        if as_json:
            print_document(attestation.report())
        else:
            print_lines(*_lines(attestation))
        return Status.DONE if attestation.holds else Status.NOT_SO

    return ended("prove-isolation", run, as_json=as_json)


async def _attested(settings: Settings) -> Attestation:
    async with Services(settings) as services:
        return await services.isolation.renewed()


def _lines(attestation: Attestation) -> Iterator[str]:
    report = attestation.report()
    width = max(len(check["name"]) for check in report["checks"])
    for check in report["checks"]:
        yield f"{'✓' if check['holds'] else '✗'} {check['name']:<{width}}  {check['detail']}"
    yield f"Isolation is {'proven' if report['holds'] else 'NOT proven'} ({report['duration_ms']} ms)."
