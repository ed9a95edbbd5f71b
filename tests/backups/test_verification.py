"""A backup is restored and looked at where nothing can be lost, and a signed report says what became of it."""

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from local.postgres import EmbeddedPostgres
from shared.backups.blob_store import BlobStore
from shared.backups.manifest import MANIFEST, Manifest, new_id, write_manifest
from shared.backups.restore import restore_backup
from shared.backups.verification import REPORT, Verification, read_verification
from shared.backups.verify import VERIFY_LOCK, Ground, verify_backup
from shared.commands.parser import VERBS
from shared.database.schema import deploy_schema
from shared.errors import BackupRefused, MigrationRefused, OtherRelease
from shared.jobs.verify_backup import verify_as_set, verify_newest_as_set
from shared.settings import Settings
from tests.backups.conftest import KEYS, contents, run
from tests.backups.test_command import settings_with, shared
from tests.conftest import PASSWORDS, Database

type Kept = tuple[Path, Manifest]

LEAK = "CREATE POLICY leak ON retail.orders FOR SELECT TO zava_app USING (true)"


@pytest.fixture(scope="package")
def one_ground(server: EmbeddedPostgres) -> Database:
    """A database for verification."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as superuser:
        superuser.execute("CREATE DATABASE verification")
    made = Database(server, "verification")
    with made.as_superuser() as superuser:
        deploy_schema(superuser, for_verification=True)
        superuser.execute("DROP INDEX retail.product_description_embeddings_by_distance")  # see conftest.FEWER_ROWS
    return made


@pytest.fixture
def scratch(one_ground: Database) -> Iterator[Database]:
    """The same, which nobody has to tidy up."""
    yield one_ground
    assert {rows for rows, _ in contents(one_ground).values()} == {0}
    with one_ground.as_superuser() as superuser:
        assert superuser.execute("SELECT count(*) FROM access.signing_keys").fetchone() == (0,)


@pytest.fixture
def ground(scratch: Database, server: EmbeddedPostgres) -> Ground:
    url = server.url("zava_verify", PASSWORDS["zava_verify"], scratch.name)
    return Ground(url=url, app_url=scratch.app_url)


@pytest.fixture
def copy(kept: Kept, folder: Path) -> Path:
    """The files of a backup of one's own."""
    path, made = kept
    shutil.copytree(path, folder)
    return folder / made.id


def verified(ground: Ground, store: BlobStore, backup_id: str) -> Verification:
    report = verify_backup(ground, store, KEYS, backup_id)
    assert report is not None
    assert read_verification(store, backup_id, KEYS) == report
    return report


def test_a_good_backup_holds(ground: Ground, copy: Path, store: BlobStore, kept: Kept) -> None:
    report = verified(ground, store, copy.name)
    assert (report.holds, report.rows) == (True, kept[1].rows)
    assert {"policies", "canaries", "canary_rows", "visits"} < {check.name for check in report.checks}
    assert all(check.holds for check in report.checks)


def test_one_that_does_not_restore_is_said_and_signed(ground: Ground, copy: Path, store: BlobStore) -> None:
    part = copy / "retail.orders" / "000001.copy.gz"
    part.write_bytes(part.read_bytes()[:-1])
    report = verified(ground, store, copy.name)
    assert report.problem == "retail.orders/000001.copy.gz is not what was backed up"
    assert (report.holds, report.rows, report.checks) == (False, 0, ())


def test_one_whose_isolation_is_not_proven_does_not_hold(
    ground: Ground, scratch: Database, copy: Path, store: BlobStore
) -> None:
    run(scratch, LEAK)
    try:
        report = verified(ground, store, copy.name)
    finally:
        run(scratch, "DROP POLICY leak ON retail.orders")
    assert report.problem is not None
    assert report.problem.startswith("isolation is not proven: ")
    assert {"policies"} <= {check.name for check in report.checks if not check.holds}


def test_a_report_is_taken_from_nobody_else(ground: Ground, copy: Path, store: BlobStore, folder: Path) -> None:
    verified(ground, store, copy.name)
    content = (copy / REPORT).read_bytes()
    other = "20260101T000000Z-00000000"
    shutil.copytree(copy, folder / other)
    assert read_verification(store, other, KEYS) is None
    changed = content.replace(b'"problem": null', b'"problem": "x"')
    for forged in (changed, content[1:], b"", b"{}\n", copy.name.encode()):
        (copy / REPORT).write_bytes(forged)
        assert read_verification(store, copy.name, KEYS) is None
    (copy / REPORT).write_bytes(content)
    assert read_verification(store, copy.name, {"key-3": secrets.token_bytes(32)}) is None
    assert read_verification(store, copy.name, KEYS) is not None


def test_nothing_but_a_database_for_verification_is_written_over(
    ground: Ground, source: Database, copy: Path, store: BlobStore
) -> None:
    before = contents(source)
    with pytest.raises(psycopg.OperationalError, match="CONNECT"):
        verify_backup(
            replace(ground, url=ground.url.replace("/verification", f"/{source.name}")), store, KEYS, copy.name
        )
    for url in (source.owner_url, source.superuser_url):
        with pytest.raises(BackupRefused, match="only zava_verify"):
            verify_backup(replace(ground, url=url), store, KEYS, copy.name)
    with source.as_superuser() as superuser, pytest.raises(MigrationRefused, match="has rows"):
        deploy_schema(superuser, for_verification=True)
    assert contents(source) == before


def test_what_a_killed_run_left_is_in_nobodys_way(
    ground: Ground, scratch: Database, copy: Path, store: BlobStore
) -> None:
    restore_backup(scratch.owner_url, None, store, KEYS, copy.name)
    with scratch.as_superuser() as superuser:
        deploy_schema(superuser, for_verification=True)
    assert verified(ground, store, copy.name).holds


@pytest.mark.parametrize("older", [True, False])
def test_one_of_another_release_is_not_said_to_hold_or_not(
    ground: Ground, copy: Path, store: BlobStore, kept: Kept, older: bool
) -> None:
    """As between a deploy and the next backup. What was said before, still stands."""
    migrations = dict(kept[1].migrations)
    if older:
        migrations.popitem()
    else:
        migrations["9999_to_come"] = "a"
    report = verified(ground, store, copy.name)
    write_manifest(store, kept[1].model_copy(update={"migrations": migrations}), KEYS)
    with pytest.raises(OtherRelease, match=f"{copy.name} is not verified, and may well hold.*back up first"):
        verify_backup(ground, store, KEYS, copy.name)
    assert read_verification(store, copy.name, KEYS) == report


def test_one_of_a_release_with_other_tables_is_not_said_to_hold_or_not(
    ground: Ground, copy: Path, store: BlobStore, kept: Kept
) -> None:
    write_manifest(store, kept[1].model_copy(update={"tables": kept[1].tables[1:]}), KEYS)
    with pytest.raises(OtherRelease, match="back up first"):
        verify_backup(ground, store, KEYS, copy.name)
    assert not (copy / REPORT).exists()


def test_one_of_another_release_that_is_damaged_does_not_hold(
    ground: Ground, copy: Path, store: BlobStore, kept: Kept
) -> None:
    write_manifest(store, kept[1].model_copy(update={"migrations": {}}), KEYS)
    (copy / "retail.orders" / "000001.copy.gz").unlink()
    report = verified(ground, store, copy.name)
    assert report.problem == f"{copy.name}/retail.orders/000001.copy.gz is missing"


def test_one_run_is_at_work_at_a_time(ground: Ground, scratch: Database, copy: Path, store: BlobStore) -> None:
    with scratch.as_superuser() as superuser:
        superuser.execute("SELECT pg_advisory_lock(%s)", (VERIFY_LOCK,))
        assert verify_backup(ground, store, KEYS, copy.name) is None
    assert not (copy / REPORT).exists()


@pytest.fixture
def environ(ground: Ground, source: Database, folder: Path, tmp_path: Path) -> dict[str, str]:
    urls = {"APP_DATABASE_URL": source.app_url, "BACKUP_DATABASE_URL": source.backup_url}
    return settings_with(tmp_path, BACKUP_STORE_URL=folder.as_uri(), VERIFY_DATABASE_URL=ground.url, **urls)


def test_the_command_verifies_the_newest_and_prunes(environ: dict[str, str], folder: Path) -> None:
    assert "there is no backup" in shared(environ, "verify-backup").stderr
    assert shared(environ, "backup").returncode == 0
    done = shared(environ, "verify-backup")
    assert (done.returncode, done.stderr) == (0, "")
    assert " holds: " in done.stdout.splitlines()[-1]
    [listed] = json.loads(shared(environ, "list-backups", "--json").stdout)["backups"]
    assert listed["verified"] is True
    pruned = shared(environ, "prune-backups", "--keep-days", "0", "--json")
    assert (pruned.returncode, json.loads(pruned.stdout)) == (0, {"deleted": [], "dry_run": False})
    [part] = folder.glob("*/retail.stores/*")
    part.write_bytes(b"")
    broken = shared(environ, "verify-backup", "--json")
    assert (broken.returncode, broken.stderr) == (1, "")
    report = json.loads(broken.stdout)
    assert tuple(report) == VERBS["verify-backup"].keys
    assert (report["holds"], bool(report["problem"])) == (False, True)


@pytest.mark.anyio
async def test_the_timer_fails_where_the_newest_backup_is_old_or_does_not_hold(
    environ: dict[str, str], store: BlobStore, kept: Kept, folder: Path
) -> None:
    keys = {"one": b"b" * 32}
    settings = Settings.from_environ(environ)
    old = datetime.now(UTC) - timedelta(hours=27)
    write_manifest(store, kept[1].model_copy(update={"id": new_id(old), "taken_at": old}), keys)
    with pytest.raises(BackupRefused, match="is older than 26 h"):
        await verify_newest_as_set(settings)
    unsigned = folder / new_id(old + timedelta(hours=1))
    unsigned.mkdir()
    for told, problem in ((b" ", "has no signature that holds"), (b"{", "manifest")):
        (unsigned / MANIFEST).write_bytes(told)
        with pytest.raises(BackupRefused, match=f"the newest backup, {unsigned.name}, does not hold: .*{problem}"):
            await verify_newest_as_set(settings)
    shutil.rmtree(unsigned)
    young = datetime.now(UTC)
    write_manifest(store, kept[1].model_copy(update={"id": new_id(young), "taken_at": young}), keys)
    with pytest.raises(BackupRefused, match="does not hold: .* is missing"):
        await verify_newest_as_set(settings)
    report = await verify_as_set(settings, None)
    assert report is not None
    assert not report.holds
