"""Kept answers for all instances: in Redis, sealed for whom and for what they are, with the time they are from."""

import asyncio
import struct
import time
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from shared.caches.redis_store import RedisStore
from shared.errors import SecretUnavailable
from shared.keys.ring import ring
from shared.keys.sealing import SPARE_BYTES, Seal
from shared.settings import Settings
from shared.vault import Secret, Vault

SECRET = "cursor-signing-key"  # noqa: S105  # its name
PURPOSE = b"zava kept answers, first form"
MAX_ANSWER_BYTES = 256 * 1024
"""A larger one, which few ask for twice, is not kept: it would push out hundreds of others."""
KEY_SECONDS = 0.005
"""What a call waits for the key; the vault has it at hand, but for the first time."""
CLOCKS_SECONDS = 1.0
"""How far clocks of two instances may be apart."""
_TIME = struct.Struct(">d")


class SharedAnswers:
    """Of one database: instances that share the vault and it share the answers."""

    def __init__(
        self,
        store: RedisStore,
        vault: Vault,
        database: str,
        *,
        key_seconds: float = KEY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._vault = vault
        self._database = database.encode()
        self._key_seconds = key_seconds
        self._clock = clock
        self._key: Secret | None = None
        self._seal: Seal | None = None

    async def found(self, principal_id: UUID, store_scope: UUID | None, asked: bytes) -> tuple[bytes, float] | None:
        """An answer and its age in seconds, or None, within 20 ms."""
        if (seal := await self._sealed()) is None:
            return None
        subject = self._subject(principal_id, store_scope, asked)
        sealed = await self._store.get(seal.name(subject), MAX_ANSWER_BYTES + _TIME.size + SPARE_BYTES)
        if sealed is None:
            return None
        if (opened := seal.opened(subject, sealed)) is None:
            self._store.distrust()
            return None
        age = self._clock() - _TIME.unpack_from(opened)[0]
        return None if age < -CLOCKS_SECONDS else (opened[_TIME.size :], max(age, 0.0))

    async def leave(
        self, principal_id: UUID, store_scope: UUID | None, asked: bytes, answer: bytes, *, age: float, seconds: float
    ) -> None:
        """For the others, for so many seconds more. age: how long ago the database was asked."""
        if seconds <= 0 or (seal := await self._sealed()) is None:
            return
        subject = self._subject(principal_id, store_scope, asked)
        timed = _TIME.pack(self._clock() - age) + answer
        self._store.put(seal.name(subject), seal.seal(subject, timed), seconds)

    async def _sealed(self) -> Seal | None:
        """With the key whose turn it is; None while it is not at hand. When it changes, all is asked anew."""
        try:
            async with asyncio.timeout(self._key_seconds):
                key = ring(await self._vault.versions(SECRET), time.time())[0]
            if key != self._key:
                self._key, self._seal = key, Seal(key.key(), PURPOSE)
        except (SecretUnavailable, TimeoutError):
            return None
        return self._seal

    def _subject(self, principal_id: UUID, store_scope: UUID | None, asked: bytes) -> bytes:
        scope = store_scope.bytes if store_scope else b""
        parts = (self._database, principal_id.bytes, scope, asked)
        return b"".join(len(part).to_bytes(4) + part for part in parts)


def open_shared_answers(settings: Settings, vault: Vault, store: RedisStore | None) -> SharedAnswers | None:
    """None where there is no store."""
    url = urlsplit(settings.app_database_url)
    return None if store is None else SharedAnswers(store, vault, f"{url.hostname}:{url.port or 5432}{url.path}")
