"""`python -m infra.hooks STEP…`: the steps by themselves; azd runs them through the scripts beside this."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial

import httpx2

from infra.hooks.azd_environment import AzdEnvironment
from infra.hooks.database import prepare_database
from infra.hooks.deployment import HookRefused
from infra.hooks.graph import SCOPE, URL, Graph, GraphRefused
from infra.hooks.keys import MANAGEMENT_URL, seed_keys
from infra.hooks.registration import federate, register
from infra.hooks.smoke import READY_SECONDS, smoke_test
from shared.vault import azure_credential_of_threads

type Step = Callable[[AzdEnvironment, argparse.Namespace], bool]
"""Whether all is as it should be."""

DONE, FAILED = 0, 1
GRAPH_SECONDS = 30
TOKEN = "ZAVA_SMOKE_TOKEN"  # noqa: S105 - the name of a variable
"""A caller's token for the smoke test, by whoever has one; it is not printed."""

NEEDS = {
    "registration": "the right to make app registrations (Entra: Application Developer), AZURE_ENV_NAME",
    "credential": "the same right, and what `azd provision` made",
    "database": "to run in the network of the database, as the identity of migrations",
    "keys": "the right to list the app's keys (Website Contributor on it)",
    "smoke": f"nothing; with {TOKEN} it also asks as a caller",
}


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit status: 0 where every step is done, or left to somebody who is told so."""
    options = _parser().parse_args(arguments)
    azd = AzdEnvironment(environ)
    for name in options.steps:
        print(f"{name}{' (dry run)' if options.dry_run else ''}: needs {NEEDS[name]}", flush=True)
        try:
            if not STEPS[name](azd, options):
                return FAILED
        except HookRefused as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            return FAILED
    return DONE


def _registration(azd: AzdEnvironment, options: argparse.Namespace) -> bool:
    deployment = azd.deployment
    try:
        with _graph(options) as graph:
            registered = register(graph, deployment, dry_run=options.dry_run)
    except GraphRefused as refused:
        if not (refused.is_for_want_of_rights and deployment.zava_auth_client_id):
            raise
        return _told(["not looked at: this login may not; it stays as it is"])
    _told(registered.done)
    if options.dry_run:
        return True
    for name, value in (("ZAVA_AUTH_CLIENT_ID", registered.client_id), ("ZAVA_AUTH_AUDIENCE", registered.audience)):
        if azd.remember(name, value):
            _told([f"azd env set {name} {value}"])
    return True


def _credential(azd: AzdEnvironment, options: argparse.Namespace) -> bool:
    try:
        with _graph(options) as graph:
            return _told(federate(graph, azd.deployment, dry_run=options.dry_run))
    except GraphRefused as refused:
        if not refused.is_for_want_of_rights:
            raise
        return _told(["LEFT TO DO: this login may not. Whoever may runs: python -m infra.hooks credential"])


def _database(azd: AzdEnvironment, options: argparse.Namespace) -> bool:
    return _told(prepare_database(azd.deployment, dry_run=options.dry_run))


def _keys(azd: AzdEnvironment, options: argparse.Namespace) -> bool:
    url = options.management_url
    return _told(seed_keys(azd.deployment, token_for, management_url=url, dry_run=options.dry_run))


def _smoke(azd: AzdEnvironment, options: argparse.Namespace) -> bool:
    deployment = azd.deployment
    deployment.need("mcp_url")
    if options.dry_run:
        return _told([f"{deployment.mcp_url} is looked at as a stranger"])
    observations = smoke_test(
        deployment.mcp_url,
        tenant_id=deployment.azure_tenant_id,
        audience=deployment.zava_auth_audience,
        token=azd.get(TOKEN),
        ready_seconds=options.wait,
    )
    _told(f"FAILED: {each.what}: {each.problem}" if each.problem else f"ok: {each.what}" for each in observations)
    return not any(each.problem for each in observations)


STEPS: Mapping[str, Step] = {
    "registration": _registration,
    "credential": _credential,
    "database": _database,
    "keys": _keys,
    "smoke": _smoke,
}


def token_for(scope: str) -> str:
    """A token of whoever is signed in; raises HookRefused."""
    from azure.core.exceptions import ClientAuthenticationError

    with azure_credential_of_threads(None) as credential:
        try:
            return credential.get_token(scope).token
        except ClientAuthenticationError:
            raise HookRefused(f"nobody gives a token for {scope}: azd auth login, or az login") from None


@contextmanager
def _graph(options: argparse.Namespace) -> Iterator[Graph]:
    with httpx2.Client(timeout=GRAPH_SECONDS) as http:
        yield Graph(http, cache(partial(token_for, SCOPE)), url=options.graph_url)


def _told(sentences: Iterable[str]) -> bool:
    for sentence in sentences:
        print(f"  {sentence}", flush=True)
    return True


def _parser() -> argparse.ArgumentParser:
    steps = "\n".join(f"  {name:<14}needs {needs}" for name, needs in NEEDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m infra.hooks",
        description="Steps of a deployment, each repeatable. Variables: `azd env get-values`.",
        epilog=f"steps:\n{steps}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("steps", nargs="+", choices=STEPS, metavar="STEP")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    parser.add_argument(
        "--wait", type=float, default=READY_SECONDS, help=f"seconds until a new app must be ready ({READY_SECONDS})"
    )
    parser.add_argument("--graph-url", default=URL, help=f"of Microsoft Graph in another cloud ({URL})")
    parser.add_argument(
        "--management-url", default=MANAGEMENT_URL, help=f"of Resource Manager in another cloud ({MANAGEMENT_URL})"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
