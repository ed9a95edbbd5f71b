"""Operator commands: `python -m shared VERB`, with the settings of the server in the environment."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.commands.backups import NEWEST, back_up, list_backups, prune, restore, verify
from shared.commands.encrypt_fields import Wanted, encrypt_fields
from shared.commands.estimate_cost import estimate_cost
from shared.commands.migrate import migrate
from shared.commands.prove_isolation import prove_isolation
from shared.commands.refresh_embeddings import refresh_command
from shared.commands.revoke_tokens import (
    client,
    lift_revocation,
    list_revocations,
    moment,
    principal,
    revoke_tokens,
    token,
)
from shared.commands.rotate_keys import rotate_command
from shared.commands.verify_audit import verify_audit
from shared.costs.estimate import SIZES, Use


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


def _rotate_keys(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return rotate_command(environ, now=options.now, as_json=options.json)


def _encrypt_fields(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    wanted = Wanted(
        decrypt=options.decrypt, rotate=options.rotate, rewrap=options.new_wrapping_key, dry_run=options.dry_run
    )
    return encrypt_fields(environ, wanted, as_json=options.json)


def _migrate(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return migrate(environ, options.database_url_env, for_verification=options.for_verification)


def _verify_audit(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return verify_audit(environ, options.database_url_env, anchor=options.head, as_json=options.json)


def _revoke_tokens(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if options.list:
        return list_revocations(environ, as_json=options.json)
    if options.lift:
        return lift_revocation(environ, options.key, as_json=options.json)
    return revoke_tokens(environ, options.key, options.before, as_json=options.json)


def _back_up(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return back_up(environ, incremental=options.incremental, as_json=options.json)


def _list_backups(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return list_backups(environ, as_json=options.json)


def _restore(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return restore(
        environ,
        options.id,
        database=options.database,
        overwrite=options.overwrite,
        check_only=options.check,
        as_json=options.json,
    )


def _verify(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return verify(environ, options.id, as_json=options.json)


def _prune(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return prune(environ, keep_days=options.keep_days, dry_run=options.dry_run, as_json=options.json)


def _days(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("a whole number of days, 0 or more")
    return int(text)


def _estimate_cost(options: argparse.Namespace, _: Mapping[str, str]) -> int:
    use = Use(
        calls=options.calls_per_month,
        call_ms=options.call_ms,
        concurrent=options.concurrent,
        searches=options.searches,
        log_kb=options.log_kb,
        instances=options.instances,
        backup_gb=options.backup_gb,
    )
    return estimate_cost(use, options.profile, table=options.prices, as_json=options.json)


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
    rotate = verbs.add_parser(
        "rotate-keys",
        help="bring new versions of keys into use and end old ones",
        description="Bring new versions of keys that are due into use and end those that nothing depends on; calls go "
        "on meanwhile. Exit status: 0 done, 1 another run is at work, 2 failed; the next run goes on.",
    )
    rotate.add_argument("--now", action="store_true", help="whatever the age of the keys")
    rotate.add_argument("--json", action="store_true", help="print JSON instead of a line a key")
    rotate.set_defaults(run=_rotate_keys)
    fields = verbs.add_parser(
        "encrypt-fields",
        help="encrypt customers' e-mail addresses and telephone numbers, or decrypt them",
        description="Encrypt e-mail addresses and telephone numbers of all customers; calls go on meanwhile. Needs "
        "OWNER_DATABASE_URL. Stopped at any time it loses nothing, and the next run goes on. Exit status: 0 done, "
        "1 some values stay as they are, 2 failed.",
    )
    form = fields.add_mutually_exclusive_group()
    form.add_argument("--decrypt", action="store_true", help="back to plain text")
    form.add_argument("--rotate", action="store_true", help="with a new data key")
    form.add_argument("--dry-run", action="store_true", help="count what is stored in which form, and change nothing")
    fields.add_argument(
        "--new-wrapping-key", action="store_true", help="bring a new version of field-encryption-key and wrap with it"
    )
    fields.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    fields.set_defaults(run=_encrypt_fields)
    deploy = verbs.add_parser(
        "migrate",
        help="bring a database to the schema of this release",
        description="Bring a database to the schema of this release, in one transaction. Exit status: 0 done, 2 failed "
        "with nothing changed.",
    )
    deploy.add_argument(
        "--database-url-env",
        metavar="NAME",
        default="ADMIN_DATABASE_URL",
        help="the variable that holds the URL of a login that creates roles (ADMIN_DATABASE_URL)",
    )
    deploy.add_argument(
        "--for-verification",
        action="store_true",
        help="an empty database, which verify-backup may overwrite from now on",
    )
    deploy.set_defaults(run=_migrate)
    audit = verbs.add_parser(
        "verify-audit",
        help="verify that the audit trail is as it was written",
        description="Verify that no row of the audit trail is changed, missing or in another place. Exit status: "
        "0 intact, 1 broken, 2 unknown. Only a head that was kept elsewhere shows that rows at the end are gone.",
    )
    audit.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    audit.add_argument("--head", metavar="SEQ:HASH", help="a head that an earlier run printed, or the server logged")
    audit.add_argument(
        "--database-url-env",
        metavar="NAME",
        default="BACKUP_DATABASE_URL",
        help="the variable that holds the URL of a login that reads the trail (BACKUP_DATABASE_URL)",
    )
    audit.set_defaults(run=_verify_audit)
    revoke = verbs.add_parser(
        "revoke-tokens",
        help="refuse tokens that have not expired",
        description="Refuse tokens though they are signed and have not expired; every instance does so within ten "
        "seconds. Needs OWNER_DATABASE_URL. Exit status: 0 done, 1 nothing to lift, 2 failed.",
    )
    named = revoke.add_mutually_exclusive_group(required=True)
    named.add_argument(
        "--principal",
        dest="key",
        type=principal,
        metavar="TID/OID",
        help="all tokens issued to it until now, or --before",
    )
    named.add_argument("--token", dest="key", type=token, metavar="UTI", help="the one token with this claim uti")
    named.add_argument(
        "--client", dest="key", type=client, metavar="ID", help="all tokens of this client, until lifted, or --before"
    )
    named.add_argument("--list", action="store_true", help="what is refused now")
    revoke.add_argument(
        "--before", type=moment, metavar="ISO", help="only tokens issued until this time (not for --token)"
    )
    revoke.add_argument("--lift", action="store_true", help="accept them again")
    revoke.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    revoke.set_defaults(run=_revoke_tokens)
    _add_backups(verbs)
    _add_costs(verbs)
    return parser


def _add_costs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    usual = Use(calls=0)
    costs = verbs.add_parser(
        "estimate-cost",
        help="what a month on Azure costs, roughly",
        description="Estimate a month of what infra/bicep makes, by the list prices of shared/costs/prices.csv. Exit "
        "status: 0, or 2 where the table cannot be read.",
    )
    costs.add_argument("--calls-per-month", type=_amount, required=True, metavar="N")
    costs.add_argument("--profile", choices=tuple(SIZES), default="dev", help="as in ZAVA_PROFILE (dev)")
    for name, what in (
        ("call_ms", "of a call, until it is answered"),
        ("concurrent", "calls that an instance works on at a time; 1: each alone, billed for a second at least"),
        ("searches", "share of calls that search by meaning"),
        ("log_kb", "kilobytes of telemetry a call"),
        ("instances", "in use on average"),
        ("backup_gb", "gigabytes of backups that are kept"),
    ):
        value = getattr(usual, name)
        flag = f"--{name.replace('_', '-')}"
        costs.add_argument(flag, type=_amount, default=value, metavar="N", help=f"{what} ({value:g}, an assumption)")
    costs.add_argument("--prices", type=Path, metavar="FILE", help="another table of the same columns")
    costs.add_argument("--json", action="store_true", help="print JSON instead of a table")
    costs.set_defaults(run=_estimate_cost)


def _amount(text: str) -> float:
    """Also 1e6 and 1_000_000."""
    if not 0 <= (value := float(text)) < 1e15:
        raise ValueError(text)
    return value


def _add_backups(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = verbs.add_parser(
        "backup",
        help="make a backup",
        description="Back up every row of one moment to BACKUP_STORE_URL, as the login of BACKUP_DATABASE_URL. "
        "Exit status: 0 done, 1 another run is at work, 2 failed; a run that does not end leaves no backup.",
    )
    backup.add_argument(
        "--incremental",
        action="store_true",
        help="only what has changed since the last one; all, and a sentence why, where that cannot be told",
    )
    backup.add_argument("--json", action="store_true", help="print JSON instead of a line")
    backup.set_defaults(run=_back_up)
    listing = verbs.add_parser(
        "list-backups",
        help="list backups, newest first",
        description="List what is in BACKUP_STORE_URL, newest first, and whether each manifest holds. Exit status: "
        "0, or 1 where there is no backup, 2 failed.",
    )
    listing.add_argument("--json", action="store_true", help="print JSON instead of lines")
    listing.set_defaults(run=_list_backups)
    restoring = verbs.add_parser(
        "restore",
        help="bring a backup into a database that a deploy has made",
        description="Bring a backup into the database of OWNER_DATABASE_URL: all of it, compared row for row, or "
        "nothing. Exit status: 0 done, 2 failed, with the database as it was.",
    )
    restoring.add_argument("id", nargs="?", default=NEWEST, metavar="ID", help="of list-backups; without, the newest")
    restoring.add_argument("--database", metavar="NAME", help="of the same server, in place of the URL's")
    restoring.add_argument("--overwrite", action="store_true", help="rows that are there may go")
    restoring.add_argument("--check", action="store_true", help="read all of the backup and write nothing")
    restoring.add_argument("--json", action="store_true", help="print JSON instead of a line")
    restoring.set_defaults(run=_restore)
    verifying = verbs.add_parser(
        "verify-backup",
        help="prove that a backup restores",
        description="Restore a backup into the database of VERIFY_DATABASE_URL, which `migrate --for-verification` "
        "has made, compare it row for row, prove there that tenants are isolated, and empty it. A signed report stays "
        "beside the backup. Exit status: 0 it holds, 1 another run is at work, 2 it does not or nobody can say.",
    )
    verifying.add_argument("id", nargs="?", default=NEWEST, metavar="ID", help="of list-backups; without, the newest")
    verifying.add_argument("--json", action="store_true", help="print the report as JSON")
    verifying.set_defaults(run=_verify)
    pruning = verbs.add_parser(
        "prune-backups",
        help="delete backups that nobody needs",
        description="Delete backups older than BACKUP_RETENTION_DAYS, but for the newest, the newest that was verified "
        "and what they build on. Exit status: 0 done, 2 failed; the next run goes on.",
    )
    pruning.add_argument("--keep-days", type=_days, metavar="N", help="in place of BACKUP_RETENTION_DAYS")
    pruning.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
    pruning.add_argument("--json", action="store_true", help="print JSON instead of lines")
    pruning.set_defaults(run=_prune)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
