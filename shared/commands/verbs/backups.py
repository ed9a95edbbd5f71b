"""Verbs of backups."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping

from shared.commands.status import Status
from shared.commands.verbs.verb import Verb, add_dry_run

NEWEST = "newest"
MOST_DAYS = 3650
"""As of BACKUP_RETENTION_DAYS."""
KEYS = ("id", "holds", "kind", "base", "taken_at", "rows", "raw_bytes", "stored_bytes", "verified")
"""Of a backup."""


def _add_backup(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--incremental",
        action="store_true",
        help="only what has changed since the last one; all, and a sentence why, where that cannot be told",
    )


def _backup(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.backups import back_up

    return back_up(environ, incremental=options.incremental, as_json=options.json)


def _list_backups(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.backups import list_backups

    return list_backups(environ, as_json=options.json)


def _add_id(parser: ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", default=NEWEST, metavar="ID", help="of list-backups; without, the newest")


def _verify(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.backups import verify

    return verify(environ, options.id, as_json=options.json)


def _add_restore(parser: ArgumentParser) -> None:
    _add_id(parser)
    parser.add_argument("--database", metavar="NAME", help="of the same server, in place of the URL's")
    parser.add_argument("--overwrite", action="store_true", help="rows that are there may go")
    add_dry_run(parser, "read and check all of the backup, and write nothing", "--check")


def _restore(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.backups import restore

    return restore(
        environ,
        options.id,
        database=options.database,
        overwrite=options.overwrite,
        dry_run=options.dry_run,
        as_json=options.json,
    )


def _add_prune(parser: ArgumentParser) -> None:
    parser.add_argument("--keep-days", type=_days, metavar="N", help="in place of BACKUP_RETENTION_DAYS")
    add_dry_run(parser, "say what would be deleted, and delete nothing")


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_DAYS:
        raise ArgumentTypeError(f"a whole number of days from 0 to {MOST_DAYS}")
    return int(text)


def _prune(options: Namespace, environ: Mapping[str, str]) -> Status:
    from shared.commands.backups import prune

    return prune(environ, keep_days=options.keep_days, dry_run=options.dry_run, as_json=options.json)


VERBS = (
    Verb(
        name="backup",
        help="make a backup",
        about="Every row of one moment goes to BACKUP_STORE_URL, as the login of BACKUP_DATABASE_URL sees it. A run "
        "that does not end leaves no backup.",
        keys=KEYS,
        add=_add_backup,
        run=_backup,
    ),
    Verb(
        name="list-backups",
        help="list backups, newest first",
        about="What is in BACKUP_STORE_URL, and whether each manifest holds. Status 1 where there is no backup.",
        keys=("backups",),
        run=_list_backups,
    ),
    Verb(
        name="verify-backup",
        help="prove that a backup restores",
        about="It is restored into the database of VERIFY_DATABASE_URL, which `migrate --for-verification` has made, "
        "compared row for row, its isolation proven, and emptied. A signed report stays beside the backup.",
        keys=("format", "id", "verified_at", "seconds", "rows", "problem", "checks", "holds"),
        add=_add_id,
        run=_verify,
    ),
    Verb(
        name="restore",
        help="bring a backup into a database that a deploy has made",
        about="Into the database of OWNER_DATABASE_URL: all of it, compared row for row, or nothing.",
        keys=KEYS,
        add=_add_restore,
        run=_restore,
    ),
    Verb(
        name="prune-backups",
        help="delete backups that nobody needs",
        about="Those older than BACKUP_RETENTION_DAYS, but for the newest, the newest that was verified and what they "
        "build on.",
        keys=("deleted", "dry_run"),
        add=_add_prune,
        run=_prune,
    ),
)
