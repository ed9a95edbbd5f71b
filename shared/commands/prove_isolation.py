"""`python -m shared prove-isolation`: the server's own proof for the terminal, on request with rows."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Mapping

import psycopg

from shared.domain import domain_named
from shared.errors import SettingsError, ToolFault
from shared.isolation.attestation import Attestation
from shared.isolation.canary_rows import with_rows
from shared.services import Services
from shared.settings import Settings, served_domain_in

PROVEN, NOT_PROVEN, UNKNOWN = 0, 1, 2


def prove_isolation(environ: Mapping[str, str], *, as_json: bool) -> int:
    """The exit status: PROVEN, NOT_PROVEN, or UNKNOWN where a setting or the database fails."""
    logging.getLogger("shared").setLevel(logging.CRITICAL)  # what it would say, the table says
    try:
        attestation = asyncio.run(_attested(Settings.from_environ(environ)))
        if owner_url := environ.get("OWNER_DATABASE_URL"):
            attestation = with_rows(attestation, owner_url, domain=domain_named(served_domain_in(environ)))
    except (SettingsError, ToolFault) as problem:
        return _complain(str(problem))
    except psycopg.Error as error:
        # What a server says is safe; what libpq says of a URL may quote it, password and all.
        reason = error.diag.message_primary or type(error).__name__
        return _complain(f"the canary rows could not be planted as OWNER_DATABASE_URL says: {reason}")
    _print(attestation, as_json)
    return PROVEN if attestation.holds else NOT_PROVEN


async def _attested(settings: Settings) -> Attestation:
    async with Services(settings) as services:
        return await services.isolation.renewed()


def _print(attestation: Attestation, as_json: bool) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # a pipe may be of another mind
    report = attestation.report()
    if as_json:
        print(json.dumps(report, indent=2))
        return
    width = max(len(check["name"]) for check in report["checks"])
    for check in report["checks"]:
        print(f"{'✓' if check['holds'] else '✗'} {check['name']:<{width}}  {check['detail']}")
    print(f"Isolation is {'proven' if report['holds'] else 'NOT proven'} ({report['duration_ms']} ms).")


def _complain(sentence: str) -> int:
    print(f"prove-isolation: {sentence}", file=sys.stderr)
    return UNKNOWN
