"""`python -m shared backup`, `list-backups`, `restore`, `verify-backup` and `prune-backups`, for the terminal."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import psycopg

from shared.backups.full import back_up_full
from shared.backups.incremental import back_up_incremental
from shared.backups.listing import Listed, listed_backups, the_newest
from shared.backups.manifest import Manifest
from shared.backups.prune import Pruned, prune_backups
from shared.backups.restore import check_backup, restore_backup
from shared.backups.verification import Verification
from shared.commands.sentences import database_says
from shared.errors import ZavaError
from shared.jobs.back_up import Archive, back_up_as_set, database_password, open_archive
from shared.jobs.verify_backup import verify_as_set
from shared.settings import Settings, database_url_in

DONE, NOTHING, FAILED = 0, 1, 2
"""As the operating system is told."""
NEWEST = "newest"


def back_up(environ: Mapping[str, str], *, incremental: bool, as_json: bool) -> int:
    """The exit status: DONE, NOTHING where another run is at work, FAILED where no backup was made."""
    make = partial(back_up_incremental, tell=_tell) if incremental else back_up_full

    def run() -> int:
        with _Bar() as bar:
            made = asyncio.run(back_up_as_set(Settings.from_environ(environ), make, show=bar.of("reading")))
        if made is None:
            print("backup: another run is at work", file=sys.stderr)
            return NOTHING
        _print([Listed(id=made.id, manifest=made)], as_json)
        return DONE

    return _with_sentences("backup", run)


def list_backups(environ: Mapping[str, str], *, as_json: bool) -> int:
    """The exit status: DONE, NOTHING where there is no backup, FAILED where nobody can say."""

    async def listed() -> list[Listed]:
        async with open_archive(Settings.from_environ(environ)) as archive:
            return await asyncio.to_thread(lambda: list(listed_backups(archive.store, archive.keys)))

    def run() -> int:
        found = asyncio.run(listed())
        _print(found, as_json)
        return DONE if any(each.manifest for each in found) else NOTHING

    return _with_sentences("list-backups", run)


def restore(
    environ: Mapping[str, str],
    backup_id: str,
    *,
    database: str | None,
    overwrite: bool,
    check_only: bool,
    as_json: bool,
) -> int:
    """The exit status: DONE, or FAILED with the database as it was.

    backup_id: or NEWEST. database: in place of the one that OWNER_DATABASE_URL names. check_only: reads all and writes
    nothing.
    """

    async def restored() -> Manifest:
        settings = Settings.from_environ(environ)
        async with open_archive(settings) as archive:
            wanted = await asyncio.to_thread(_named, archive, backup_id)
            with _Bar() as bar:
                if check_only:
                    return await asyncio.to_thread(check_backup, archive.store, archive.keys, wanted, bar.show)
                url = _of_database(database_url_in(environ, "OWNER_DATABASE_URL"), database)
                password = await database_password(url, settings.azure_client_id)
                return await asyncio.to_thread(
                    restore_backup, url, password, archive.store, archive.keys, wanted,
                    overwrite=overwrite, show=bar.show,
                )  # fmt: skip

    def run() -> int:
        manifest = asyncio.run(restored())
        _print([Listed(id=manifest.id, manifest=manifest)], as_json)
        return DONE

    return _with_sentences("restore", run)


def verify(environ: Mapping[str, str], backup_id: str, *, as_json: bool) -> int:
    """The exit status: DONE, NOTHING where another run is at work, FAILED where it does not hold or nobody knows.

    backup_id: or NEWEST.
    """

    def run() -> int:
        with _Bar() as bar:
            wanted = None if backup_id == NEWEST else backup_id
            report = asyncio.run(verify_as_set(Settings.from_environ(environ), wanted, bar.show))
        if report is None:
            print("verify-backup: another run is at work", file=sys.stderr)
            return NOTHING
        print(report.model_dump_json(indent=2) if as_json else "\n".join(_sentences(report)))
        return DONE if report.holds else FAILED

    return _with_sentences("verify-backup", run)


def prune(environ: Mapping[str, str], *, keep_days: int | None, dry_run: bool, as_json: bool) -> int:
    """The exit status: DONE, or FAILED. keep_days: None takes BACKUP_RETENTION_DAYS."""

    async def pruned() -> list[Pruned]:
        settings = Settings.from_environ(environ)
        days = settings.backup_retention_days if keep_days is None else keep_days
        async with open_archive(settings) as archive:
            return await asyncio.to_thread(
                prune_backups, archive.store, archive.keys, keep_days=days, dry_run=dry_run,
                show=lambda each: None if as_json else print(f"{each.id}  {each.reason}"),
            )  # fmt: skip

    def run() -> int:
        gone = asyncio.run(pruned())
        if as_json:
            print(json.dumps([{"id": each.id, "reason": each.reason} for each in gone], indent=2))
        else:
            print(f"{len(gone)} {'would be' if dry_run else 'are'} deleted")
        return DONE

    return _with_sentences("prune-backups", run)


def _sentences(report: Verification) -> Iterator[str]:
    yield from (f"{'✓' if check.holds else '✗'} {check.name}: {check.detail}" for check in report.checks)
    if report.holds:
        yield f"{report.id} holds: {report.rows:,} rows restored and compared in {report.seconds:.1f} s"
    else:
        yield f"{report.id} does NOT hold: {report.problem}"


def _tell(sentence: str) -> None:
    print(f"backup: {sentence}", file=sys.stderr)


class _Bar:
    """One line that is written over, for who sits before it: what is done, of which table, and how much by now."""

    def __enter__(self) -> "_Bar":
        self._step, self._done = "", 0
        return self

    def show(self, step: str, table: str, done: int) -> None:
        self._done = done + (self._done if step == self._step else 0)
        self._step = step
        if sys.stderr.isatty():
            print(f"\r\x1b[K{step} {table}: {self._done / 1e6:,.1f} MB", end="", file=sys.stderr, flush=True)

    def of(self, step: str) -> Callable[[str, int], None]:
        return lambda table, done: self.show(step, table, done)

    def __exit__(self, *_: object) -> None:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr)


def _named(archive: Archive, backup_id: str) -> str:
    return the_newest(archive.store, archive.keys).id if backup_id == NEWEST else backup_id


def _of_database(url: str, database: str | None) -> str:
    return url if database is None else urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _print(backups: list[Listed], as_json: bool) -> None:
    if as_json:
        print(json.dumps([_said(each) for each in backups], indent=2))
    else:
        print("\n".join(map(_line, backups)) or "There are no backups.")


def _said(listed: Listed) -> dict[str, object]:
    made = listed.manifest
    if made is None:
        return {"id": listed.id, "holds": False, "problem": listed.problem}
    return {
        "id": made.id,
        "holds": True,
        "kind": made.kind,
        "base": made.base,
        "taken_at": made.taken_at.isoformat(),
        "rows": made.rows,
        "raw_bytes": made.raw_bytes,
        "stored_bytes": made.stored_bytes,
        "verified": _restores(listed),
    }


def _restores(listed: Listed) -> bool | None:
    """As it was found; None where nobody has tried."""
    return listed.verification.holds if listed.verification else None


_VERIFIED = {True: "verified", False: "does NOT restore", None: "not verified"}


def _line(listed: Listed) -> str:
    made = listed.manifest
    if made is None:
        return f"{listed.id}  no backup: {listed.problem}"
    sizes = f"{made.raw_bytes / 1e6:,.1f} MB, {made.stored_bytes / 1e6:,.1f} packed"
    behind = f"{made.kind} on {made.base}" if made.base else made.kind
    return f"{made.id}  {behind}  {made.rows:,} rows  {sizes}  {_VERIFIED[_restores(listed)]}"


def _with_sentences(verb: str, run: Callable[[], int]) -> int:
    logging.basicConfig(level=logging.CRITICAL)  # what it would say, the sentence says
    try:
        return run()
    except ZavaError as problem:
        sentence = str(problem)
    except psycopg.Error as error:
        sentence = database_says(error)
    except KeyboardInterrupt:
        sentence = "stopped; what was begun is no backup, and no database was changed but one for verification"
    print(f"{verb}: {sentence}", file=sys.stderr)
    return FAILED
