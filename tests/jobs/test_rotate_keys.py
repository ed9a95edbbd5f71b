"""Keys are rotated while instances call, page and ask their clients: nothing fails, whatever ends the rotation."""

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from shared import call_signature
from shared.call_signature import CallSigner
from shared.database.connection import Connection
from shared.database.pool import open_pool
from shared.errors import KeysNotRotated, SecretUnavailable, SettingsError, Unavailable
from shared.invocation import Invocations
from shared.isolation.gate import Isolation
from shared.jobs.rotate_keys import KEYS, SEEDED, Rotation, rotate_as_set, rotate_keys
from shared.keys.custody import KeyCustody, open_key_custody
from shared.keys.ring import SPREAD_SECONDS
from shared.keys.signing import ContextSigner
from shared.keys.vault_writer import WritableFile
from shared.protocol import request_state_key
from shared.protocol.request_state import RequestState
from shared.rls_context import SIGNING_KEY
from shared.settings import Settings
from shared.vault import MOST_VERSIONS, FileSource, Secret, Vault
from tests.clock import FakeClock
from tests.conftest import Database, KeptSecrets, caller_of, settings_for

pytestmark = pytest.mark.anyio

DAY = 24 * 3600
NEVER = 10**9
CALLER = caller_of("kirkland")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.json"
    path.touch(mode=0o600)
    path.write_text("{}")
    return path


@pytest.fixture
def empty(database: Database) -> Database:
    """A database that knows no signing key."""
    with database.as_superuser() as superuser:
        superuser.execute("DELETE FROM access.signing_keys")
    return database


def settings_of(database: Database, file: Path, **changes: object) -> Settings:
    settings = replace(settings_for(database.app_url), keys_database_url=database.keys_url, secrets_file=str(file))
    return replace(settings, **changes)  # type: ignore[arg-type]


@asynccontextmanager
async def custody_of(database: Database) -> AsyncIterator[KeyCustody]:
    async with open_key_custody(settings_of(database, Path("unused"))) as custody:
        yield custody


async def rotated(
    database: Database, source: WritableFile, clock: FakeClock, due_after: float = 0, seeded: tuple[str, ...] = ()
) -> list[Rotation]:
    async with custody_of(database) as custody:
        return await rotate_keys(source, custody, due_after=due_after, seeded=seeded, clock=clock)


async def enabled(file: Path, name: str = SIGNING_KEY) -> list[str]:
    return [each.version for each in await FileSource(file).newest(name, MOST_VERSIONS)]


def known(database: Database) -> set[str]:
    """What the database accepts."""
    with database.as_superuser() as superuser:
        return {kid for (kid,) in superuser.execute("SELECT kid FROM access.signing_keys").fetchall()}


def passes(database: Database, seconds: float) -> None:
    """Time, for the keys of the database."""
    with database.as_superuser() as superuser:
        superuser.execute(
            "UPDATE access.signing_keys SET created_at = created_at - make_interval(secs => %s)", (seconds,)
        )


class Instance:
    """One process of the server, with what it remembers of the vault."""

    def __init__(self, file: Path, clock: FakeClock, connection: Connection) -> None:
        vault = Vault(FileSource(file), clock=clock)
        self.calls = CallSigner(vault, clock=clock)
        self.state = RequestState(vault, clock=clock)
        self.attempts = 0
        self._contexts = ContextSigner(vault, clock=clock)
        self._connection = connection

    async def call(self) -> None:
        """One call to the database; raises Unavailable where no key of the instance is known to it."""

        async def attempt(context: str) -> bool | None:
            self.attempts += 1
            cursor = await self._connection.execute("SELECT access.enter_context(%s)", (context,))
            return True if await cursor.fetchone() == (True,) else None

        await self._contexts.accepted(attempt, CALLER.principal_id, None)

    async def cursor(self) -> str:
        signature = await self.calls.sign(CALLER, "cursor", b"page")
        assert signature
        return signature

    async def sealed(self) -> str:
        await self.state.renew()
        return self.state.seal(b"x")

    async def takes(self, cursor: str, sealed: str | None) -> bool:
        await self.state.renew()
        return await self.calls.holds(CALLER, "cursor", b"page", cursor) and (
            sealed is None or self.state.unseal(sealed) == b"x"
        )


async def test_rotation_every_thirty_seconds_and_then_for_days_interrupts_nobody(
    empty: Database, file: Path, clock: FakeClock
) -> None:
    source = WritableFile(file, clock=clock)
    given: list[tuple[float, str, str]] = []
    calls = checks = 0
    async with await Connection.connect(empty.app_url, autocommit=True) as connection:
        await rotated(empty, source, clock)
        instances = [Instance(file, clock, connection) for _ in range(3)]
        # Ten minutes of a rotation every 30 s, ten minutes until the last one signs, then days of the timer's.
        steps = [(30, 0)] * 20 + [(60, DAY)] * 12 + [(7200, DAY)] * 32
        for step, (seconds, due_after) in enumerate(steps):
            await rotated(empty, source, clock, due_after)
            clock.now += seconds / 2
            passes(empty, seconds)
            for number, instance in enumerate(instances):
                if step % (1 + 3 * number):  # the others sleep now and then
                    continue
                before = instance.attempts
                await instance.call()
                assert instance.attempts == before + 1, "the database did not know the first key"
                calls += 1
                given.append((clock.now, await instance.cursor(), await instance.sealed()))
            clock.now += seconds / 2
            given = [each for each in given if clock.now - each[0] < call_signature.SECONDS]
            for at, cursor, sealed in given[:: max(1, len(given) // 12)]:
                for instance in instances:
                    fresh = clock.now - at < request_state_key.SECONDS
                    assert await instance.takes(cursor, sealed if fresh else None)
                    checks += 1
    assert (calls > 60, checks > 1500) == (True, True)
    assert known(empty) == set(await enabled(file))
    # What most of them signed has long expired: a context after half an hour, a cursor after a day.
    assert max([len(await enabled(file, key.name)) for key in KEYS]) <= 3


async def test_versions_have_a_bound_and_the_next_one_waits(empty: Database, file: Path, clock: FakeClock) -> None:
    source = WritableFile(file, clock=clock)
    for _ in range(MOST_VERSIONS + 3):
        last = await rotated(empty, source, clock)
        clock.now += 1
    assert [(each.brought, each.retired, each.in_use) for each in last] == [(False, 0, MOST_VERSIONS)] * 3
    clock.now += 2 * SPREAD_SECONDS + DAY
    passes(empty, DAY)
    await rotated(empty, source, clock)
    assert [each.brought for each in await rotated(empty, source, clock)] == [True] * 3
    assert len(known(empty)) == 2


async def test_nothing_is_done_before_a_key_is_due(empty: Database, file: Path, clock: FakeClock) -> None:
    source = WritableFile(file, clock=clock)
    assert [each.brought for each in await rotated(empty, source, clock, DAY)] == [True] * 3
    clock.now += DAY - 1
    before = file.read_text()
    assert [each.brought for each in await rotated(empty, source, clock, DAY)] == [False] * 3
    assert file.read_text() == before
    clock.now += 1
    assert [each.brought for each in await rotated(empty, source, clock, DAY)] == [True] * 3


async def test_the_key_of_backups_is_made_once_and_never_rotated(empty: Database, file: Path, clock: FakeClock) -> None:
    source = WritableFile(file, clock=clock)
    made = []
    for _ in range(3):
        made += [each for each in await rotated(empty, source, clock, seeded=SEEDED) if each.name in SEEDED]
        clock.now += 400 * DAY
        passes(empty, 400 * DAY)
    assert [(each.brought, each.retired, each.in_use) for each in made] == [(True, 0, 1), (False, 0, 1), (False, 0, 1)]
    [key] = await FileSource(file).newest("backup-signing-key", MOST_VERSIONS)
    assert len(key.key()) == 32


async def test_a_vault_that_does_not_take_the_key_of_backups_is_a_problem_of_that_key(
    empty: Database, file: Path, clock: FakeClock
) -> None:
    class WithoutBackups(WritableFile):
        async def add(self, name: str, value: str) -> Secret:
            if name in SEEDED:
                raise SecretUnavailable("no room")
            return await super().add(name, value)

    runs = await rotated(empty, WithoutBackups(file, clock=clock), clock, seeded=SEEDED)
    assert [(each.brought, each.problem) for each in runs] == [(True, None)] * 3 + [(False, "no room")]


async def test_several_at_once_bring_one_version(empty: Database, file: Path, clock: FakeClock) -> None:
    source = WritableFile(file, clock=clock)
    runs = await asyncio.gather(*(rotated(empty, source, clock, DAY) for _ in range(4)))
    assert sum(each.brought for run in runs for each in run) == len(KEYS)
    assert [len(await enabled(file, key.name)) for key in KEYS] == [1, 1, 1]


class Killed(BaseException):
    """The process is gone."""


class Mortal(WritableFile):
    """Ends the process before or behind one of its steps."""

    steps_left: int

    async def add(self, name: str, value: str) -> Secret:
        with self._step():
            return await super().add(name, value)

    async def enable(self, secret: Secret) -> None:
        with self._step():
            await super().enable(secret)

    async def disable(self, secret: Secret) -> None:
        with self._step():
            await super().disable(secret)

    def _step(self) -> "Mortal":
        return self

    def __enter__(self) -> None:
        self._spend()

    def __exit__(self, *_: object) -> None:
        self._spend()

    def _spend(self) -> None:
        self.steps_left -= 1
        if self.steps_left < 0:
            raise Killed


async def test_a_run_that_ends_anywhere_is_completed_by_the_next(empty: Database, file: Path, clock: FakeClock) -> None:
    source, mortal = WritableFile(file, clock=clock), Mortal(file, clock=clock)
    async with await Connection.connect(empty.app_url, autocommit=True) as connection:
        await rotated(empty, source, clock)
        instance = Instance(file, clock, connection)
        steps, killed = 0, True
        while killed:
            clock.now += 3 * DAY  # the newest is due, the one before has outlived itself
            passes(empty, 3 * DAY)
            await instance.call()
            cursor = await instance.cursor()
            mortal.steps_left, killed = steps, False
            try:
                await rotated(empty, mortal, clock, DAY)
            except Killed:
                killed = True
                with empty.as_superuser() as superuser:  # a process that is killed does not give it back
                    superuser.execute("UPDATE access.key_lease SET held_until = 'infinity'")
            assert set(await enabled(file)) <= known(empty), "the database knows what instances may sign with"
            await instance.call()
            assert await instance.takes(cursor, None)
            if killed:
                assert await rotated(empty, source, clock, DAY) == []
                with empty.as_superuser() as superuser:
                    superuser.execute("UPDATE access.key_lease SET held_until = now()")
            for _ in range(2):
                clock.now += 2 * SPREAD_SECONDS + DAY - 1
                passes(empty, DAY)
                assert all(each.problem is None for each in await rotated(empty, source, clock, NEVER))
            assert set(await enabled(file)) == known(empty)
            assert {len(await enabled(file, key.name)) for key in KEYS} == {1}
            steps += 1
    assert steps > 12


async def test_with_the_database_down_nothing_changes(empty: Database, file: Path) -> None:
    before = file.read_text()
    with pytest.raises(psycopg.OperationalError):
        await rotate_as_set(settings_of(empty, file, keys_database_url="postgresql://zava_keys:x@127.0.0.1:1/zava"))
    assert file.read_text() == before


async def test_a_database_that_goes_away_leaves_no_key_in_use_that_it_does_not_know(
    empty: Database, file: Path, clock: FakeClock
) -> None:
    class Severed(WritableFile):
        async def add(self, name: str, value: str) -> Secret:
            with empty.as_superuser() as superuser:
                superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zava_keys'")
            return await super().add(name, value)

    with pytest.raises(psycopg.OperationalError):
        await rotated(empty, Severed(file, clock=clock), clock)
    assert await enabled(file) == []
    with empty.as_superuser() as superuser:
        superuser.execute("UPDATE access.key_lease SET held_until = now()")
    assert [each.brought for each in await rotated(empty, WritableFile(file, clock=clock), clock)] == [True] * 3


async def test_with_the_vault_down_the_database_keeps_its_keys(
    empty: Database, file: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    await rotated(empty, WritableFile(file, clock=clock), clock)
    passes(empty, DAY)
    before = known(empty)
    file.write_text("")
    with pytest.raises(KeysNotRotated) as failure:
        await rotate_as_set(settings_of(empty, file))
    assert all(name in str(failure.value) for name in (*(key.name for key in KEYS), *SEEDED))
    assert known(empty) == before
    assert "is not rotated" in caplog.text


async def test_one_key_that_cannot_be_rotated_does_not_keep_the_others(empty: Database, file: Path) -> None:
    file.write_text(json.dumps({SIGNING_KEY: [{"version": "1", "value": "too short", "created": 1}]}))
    with pytest.raises(KeysNotRotated, match="rls-signing-key: .* is not 32 bytes in base64") as failure:
        await rotate_as_set(settings_of(empty, file))
    assert "too short" not in str(failure.value)
    assert [len(await enabled(file, key.name)) for key in KEYS] == [1, 1, 1]


async def test_a_key_that_was_put_into_the_vault_by_hand_is_installed(empty: Database, file: Path) -> None:
    hand_made = Secret(SIGNING_KEY, "c2lnbmluZy1rZXktZm9yLXRlc3RzLTAxMjM0NTY3ODk=", "by-hand")
    file.write_text(json.dumps({SIGNING_KEY: [{"version": hand_made.version, "value": hand_made.value}]}))
    await rotate_as_set(settings_of(empty, file))
    assert "by-hand" in known(empty)


async def test_without_a_login_for_it_nothing_is_rotated(empty: Database, file: Path) -> None:
    with pytest.raises(SettingsError, match="KEYS_DATABASE_URL"):
        await rotate_as_set(settings_of(empty, file, keys_database_url=None))


@asynccontextmanager
async def door_of(database: Database, vault: Vault, clock: FakeClock) -> AsyncIterator[Invocations]:
    async with open_pool(settings_for(database.app_url)) as pool:
        isolation = Isolation(pool, vault, clock=clock)
        yield Invocations(pool, vault, isolation)
        await isolation.close()


@pytest.fixture
def two_keys() -> tuple[Secret, Secret]:
    old, new = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    return Secret(SIGNING_KEY, old, "old"), Secret(SIGNING_KEY, new, "new")


async def test_an_instance_that_slept_through_a_rotation_asks_the_vault_before_it_gives_up(
    empty: Database, clock: FakeClock, two_keys: tuple[Secret, Secret]
) -> None:
    old, new = two_keys
    kept = KeptSecrets(old)
    vault = Vault(kept, clock=clock)
    async with custody_of(empty) as custody, door_of(empty, vault, clock) as door:
        await custody.install(old)
        await door.read(CALLER, "SELECT 1", max_rows=1)
        await custody.install(new)
        with empty.as_superuser() as superuser:
            superuser.execute("DELETE FROM access.signing_keys WHERE kid = 'old'")
        kept.keys = [new]
        clock.now += 6  # the vault's value is fresh, and not what the database knows
        assert (await door.read(CALLER, "SELECT 2", max_rows=1)).rows == [[2]]
        with empty.as_superuser() as superuser:
            superuser.execute("DELETE FROM access.signing_keys")
        clock.now += 6
        with pytest.raises(Unavailable, match="does not know the current signing key"):
            await door.read(CALLER, "SELECT 3", max_rows=1)


async def test_the_proof_asks_the_vault_anew_as_well(
    empty: Database, clock: FakeClock, two_keys: tuple[Secret, Secret]
) -> None:
    old, new = two_keys
    kept = KeptSecrets(old)
    vault = Vault(kept, clock=clock)
    async with custody_of(empty) as custody, door_of(empty, vault, clock) as door:
        await vault.versions(SIGNING_KEY)
        await custody.install(new)
        kept.keys = [new]
        clock.now += 6
        assert (await door.isolation.attestation()).holds


async def test_no_value_reaches_the_log(
    empty: Database, file: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await rotated(empty, WritableFile(file, clock=clock), clock, seeded=SEEDED)
    values = [version["value"] for versions in json.loads(file.read_text()).values() for version in versions]
    assert len(values) == 4
    assert not [value for value in values if value in caplog.text]


async def test_a_file_that_others_may_read_is_not_written(empty: Database, file: Path) -> None:
    file.chmod(0o644)
    with pytest.raises(KeysNotRotated, match="chmod 600"):
        await rotate_as_set(settings_of(empty, file))
    with pytest.raises(SecretUnavailable):
        await WritableFile(file).add(SIGNING_KEY, "x")
