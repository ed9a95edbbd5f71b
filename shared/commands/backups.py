"""`python -m shared backup`, `list-backups`, `restore`, `verify-backup` and `prune-backups`, for the terminal."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from urllib.parse import quote, urlsplit, urlunsplit

from shared.backups.archive import Archive, open_archive
from shared.backups.full import back_up_full
from shared.backups.incremental import back_up_incremental
from shared.backups.listing import Listed, listed_backups, the_newest
from shared.backups.manifest import Manifest
from shared.backups.prune import Pruned, prune_backups
from shared.backups.restore import check_backup, restore_backup
from shared.backups.verification import Verification
from shared.commands.sentences import RefusedHere, awaited, ended
from shared.commands.status import Status
from shared.commands.terminal import Bar, complain, print_document, print_lines
from shared.database.pool import database_password
from shared.jobs.back_up import back_up_as_set
from shared.jobs.verify_backup import verify_as_set
from shared.settings import Settings, database_url_in

NEWEST = "newest"
BUSY = "another run is at work"


def back_up(environ: Mapping[str, str], *, incremental: bool, as_json: bool) -> Status:
    """NOT_SO where another run is at work, or what would be made is none."""
    make = partial(back_up_incremental, tell=partial(complain, "backup")) if incremental else back_up_full

    def run() -> Status:
        with Bar() as bar:
            show = partial(bar.show_bytes, "reading")
            made = awaited(back_up_as_set(Settings.from_environ(environ), make, show=show))
        if made is None:
            raise RefusedHere(BUSY)
        _print_one(Listed(id=made.id, manifest=made), as_json=as_json)
        return Status.DONE

    return _ended("backup", run, as_json=as_json)


def list_backups(environ: Mapping[str, str], *, as_json: bool) -> Status:
    """NOT_SO where there is no backup."""

    async def listed() -> list[Listed]:
        async with open_archive(Settings.from_environ(environ)) as archive:
            return await asyncio.to_thread(lambda: list(listed_backups(archive.store, archive.keys)))

    def run() -> Status:
        found = awaited(listed())
        if as_json:
            print_document({"backups": [_said(each) for each in found]})
        else:
            print_lines(*(map(_line, found) if found else ["There are no backups."]))
        return Status.DONE if any(each.manifest for each in found) else Status.NOT_SO

    return _ended("list-backups", run, as_json=as_json)


def restore(
    environ: Mapping[str, str],
    backup_id: str,
    *,
    database: str | None,
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
) -> Status:
    """NOT_SO where the backup does not hold or fit, with the database as it was.

    backup_id: or NEWEST. database: in place of the one that OWNER_DATABASE_URL names. dry_run: reads all and writes
    nothing.
    """

    async def restored() -> Manifest:
        settings = Settings.from_environ(environ)
        async with open_archive(settings) as archive:
            wanted = await asyncio.to_thread(_named, archive, backup_id)
            with Bar() as bar:
                if dry_run:
                    return await asyncio.to_thread(check_backup, archive.store, archive.keys, wanted, bar.show_bytes)
                url = _of_database(database_url_in(environ, "OWNER_DATABASE_URL"), database)
                password = await database_password(url, settings.azure_client_id)
                return await asyncio.to_thread(
                    restore_backup, url, password, archive.store, archive.keys, wanted,
                    overwrite=overwrite, show=bar.show_bytes,
                )  # fmt: skip

    def run() -> Status:
        manifest = awaited(restored())
        _print_one(Listed(id=manifest.id, manifest=manifest), as_json=as_json)
        return Status.DONE

    return _ended("restore", run, as_json=as_json)


def verify(environ: Mapping[str, str], backup_id: str, *, as_json: bool) -> Status:
    """NOT_SO where it does not hold, or another run is at work. backup_id: or NEWEST."""

    def run() -> Status:
        with Bar() as bar:
            wanted = None if backup_id == NEWEST else backup_id
            report = awaited(verify_as_set(Settings.from_environ(environ), wanted, bar.show_bytes))
        if report is None:
            raise RefusedHere(BUSY)
        if as_json:
            print_document(report.model_dump(mode="json") | {"holds": report.holds})
        else:
            print_lines(*_sentences(report))
        return Status.DONE if report.holds else Status.NOT_SO

    return _ended("verify-backup", run, as_json=as_json)


def prune(environ: Mapping[str, str], *, keep_days: int | None, dry_run: bool, as_json: bool) -> Status:
    """keep_days: None takes BACKUP_RETENTION_DAYS."""

    async def pruned() -> list[Pruned]:
        settings = Settings.from_environ(environ)
        days = settings.backup_retention_days if keep_days is None else keep_days
        async with open_archive(settings) as archive:
            return await asyncio.to_thread(
                prune_backups, archive.store, archive.keys, keep_days=days, dry_run=dry_run,
                show=lambda each: None if as_json else print_lines(f"{each.id}  {each.reason}"),
            )  # fmt: skip

    def run() -> Status:
        gone = awaited(pruned())
        if as_json:
            print_document({"deleted": [{"id": each.id, "reason": each.reason} for each in gone], "dry_run": dry_run})
        else:
            print_lines(f"{len(gone)} {'would be' if dry_run else 'are'} deleted")
        return Status.DONE

    return _ended("prune-backups", run, as_json=as_json)


def _sentences(report: Verification) -> Iterator[str]:
    yield from (f"{'✓' if check.holds else '✗'} {check.name}: {check.detail}" for check in report.checks)
    if report.holds:
        yield f"{report.id} holds: {report.rows:,} rows restored and compared in {report.seconds:.1f} s"
    else:
        yield f"{report.id} does NOT hold: {report.problem}"


def _named(archive: Archive, backup_id: str) -> str:
    return the_newest(archive.store, archive.keys).id if backup_id == NEWEST else backup_id


def _of_database(url: str, database: str | None) -> str:
    return url if database is None else urlunsplit(urlsplit(url)._replace(path=f"/{quote(database, safe='')}"))


def _print_one(listed: Listed, *, as_json: bool) -> None:
    if as_json:
        print_document(_said(listed))
    else:
        print_lines(_line(listed))


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


def _ended(verb: str, run: Callable[[], Status], *, as_json: bool) -> Status:
    logging.basicConfig(level=logging.CRITICAL)  # what it would say, the sentence says
    stopped = "stopped; what was begun is no backup, and no database was changed but one for verification"
    return ended(verb, run, as_json=as_json, stopped=stopped)
