"""Brings new versions of our own keys into use and ends old ones, at no moment of which a call fails.

A new version is disabled until the database knows it, and signs nothing before every instance has read it
(keys/ring.py). An old one ends when nothing that it signed can come back. Each step leaves what the next run can go on
from.
"""

import asyncio
import base64
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared import call_signature
from shared.backups import signature as backup_signature
from shared.errors import KeysNotRotated, SecretUnavailable
from shared.keys.custody import LEASE_SECONDS, KeyCustody, open_key_custody
from shared.keys.ring import outlived
from shared.keys.vault_writer import WritableSource, open_writable_source
from shared.protocol import request_state_key
from shared.rls_context import CONTEXT_SECONDS, SIGNING_KEY
from shared.settings import LONGEST_TASK_SECONDS, Settings
from shared.vault import KEY_BYTES, MOST_VERSIONS, Secret

log = logging.getLogger(__name__)

RUN_SECONDS = LEASE_SECONDS - 60


@dataclass(frozen=True)
class RotatedKey:
    """holds: how many seconds what is signed or sealed with it is good for."""

    name: str
    holds: float


KEYS = (
    RotatedKey(SIGNING_KEY, LONGEST_TASK_SECONDS + CONTEXT_SECONDS),
    RotatedKey(call_signature.SECRET, call_signature.SECONDS),
    RotatedKey(request_state_key.SECRET, request_state_key.SECONDS),
)
SEEDED = (backup_signature.SIGNING_KEY,)
"""Made where there is none, and never rotated: what they sign holds as long as it is kept."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """What became of one key."""

    name: str
    brought: bool = False
    retired: int = 0
    in_use: int = 0
    """Versions that are enabled now."""
    problem: str | None = None


async def rotate_keys(
    source: WritableSource,
    custody: KeyCustody,
    *,
    due_after: float,
    keys: Sequence[RotatedKey] = KEYS,
    seeded: Sequence[str] = SEEDED,
    clock: Callable[[], float] = time.time,
) -> list[Rotation]:
    """What became of each key; none where another run is at it. One that fails does not keep the others.

    due_after: age in seconds at which a version gets a successor. Raises psycopg's errors, TimeoutError.
    """
    async with asyncio.timeout(RUN_SECONDS), custody.lease() as taken:
        if not taken:
            log.info("keys: another run is at work")
            return []
        run = _Run(source, custody, due_after, clock)
        return [*[await run.rotate(key) for key in keys], *[await run.seed(name) for name in seeded]]


async def rotate_as_set(settings: Settings, *, now: bool = False) -> list[Rotation]:
    """The same with what the settings name. now: whatever the age.

    Raises KeysNotRotated where one of them fails, besides SettingsError.
    """
    source = open_writable_source(settings)
    try:
        async with open_key_custody(settings) as custody:
            due_after = 0 if now else settings.key_rotation_hours * 3600
            rotations = await rotate_keys(source, custody, due_after=due_after)
    finally:
        await source.close()
    if problems := [f"{each.name}: {each.problem}" for each in rotations if each.problem]:
        raise KeysNotRotated("; ".join(problems))
    return rotations


async def preview_as_set(settings: Settings, *, now: bool = False) -> list[Rotation]:
    """What a run would do to each key now. Asks the vault alone, and changes nothing. Raises SecretUnavailable."""
    due_after = 0 if now else settings.key_rotation_hours * 3600
    source = open_writable_source(settings)
    try:
        rotations = [await _previewed(source, key, due_after, time.time()) for key in KEYS]
        for name in SEEDED:
            there = len(await source.newest(name, MOST_VERSIONS))
            rotations.append(Rotation(name=name, brought=not there, in_use=there or 1))
    finally:
        await source.close()
    return rotations


async def _previewed(source: WritableSource, key: RotatedKey, due_after: float, at: float) -> Rotation:
    before = list(await source.newest(key.name, MOST_VERSIONS))
    added = [Secret(key.name, "", "new", at)] if _is_due(key, before, at - due_after) else []
    retired = outlived([*added, *before], at, key.holds)
    kept = len(added) + len(before) - len(retired)
    return Rotation(name=key.name, brought=bool(added), retired=len(retired), in_use=kept)


class _Run:
    def __init__(
        self, source: WritableSource, custody: KeyCustody, due_after: float, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._custody = custody
        self._due_after = due_after
        self._clock = clock

    async def rotate(self, key: RotatedKey) -> Rotation:
        try:
            rotation = await self._rotate(key)
        except SecretUnavailable as error:
            log.error("key %s is not rotated: %s", key.name, error)
            return Rotation(name=key.name, problem=str(error))
        if rotation.brought or rotation.retired:
            log.info(
                "key %s: %d brought, %d retired, %d in use",
                key.name, rotation.brought, rotation.retired, rotation.in_use,
            )  # fmt: skip
        return rotation

    async def seed(self, name: str) -> Rotation:
        try:
            versions = await self._source.newest(name, MOST_VERSIONS)
            if not versions:
                await self._source.enable(await self._source.add(name, _new_value()))
                log.info("key %s: there was none, so one was made", name)
        except SecretUnavailable as error:
            log.error("key %s is not made: %s", name, error)
            return Rotation(name=name, problem=str(error))
        return Rotation(name=name, brought=not versions, in_use=len(versions) or 1)

    async def _rotate(self, key: RotatedKey) -> Rotation:
        before = list(await self._source.newest(key.name, MOST_VERSIONS))
        await self._install(key, before)  # also what somebody put into the vault by hand
        is_due = _is_due(key, before, self._clock() - self._due_after)
        added = [await self._add(key)] if is_due else []
        now = [*added, *before]
        retired = outlived(now, self._clock(), key.holds)
        for old in retired:
            await self._source.disable(old)
        kept = [each for each in now if each not in retired]
        if key.name == SIGNING_KEY:
            await self._custody.retire_all_but(kept)
        return Rotation(name=key.name, brought=bool(added), retired=len(retired), in_use=len(kept))

    async def _add(self, key: RotatedKey) -> Secret:
        added = await self._source.add(key.name, _new_value())
        await self._install(key, [added])
        await self._source.enable(added)
        return added

    async def _install(self, key: RotatedKey, versions: Sequence[Secret]) -> None:
        if key.name == SIGNING_KEY:
            for version in versions:
                await self._custody.install(version)


def _is_due(key: RotatedKey, before: Sequence[Secret], made_before: float) -> bool:
    """Whether a version comes: the newest was made before that time, and there is room."""
    if before and before[0].created > made_before:
        return False
    if len(before) >= MOST_VERSIONS:
        log.warning("key %s: %d versions are still in use; the next one has to wait", key.name, len(before))
        return False
    return True


def _new_value() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
