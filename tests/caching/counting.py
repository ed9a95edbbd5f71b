"""A door that counts how often it is gone through."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from shared.database.pool import open_pool
from shared.invocation import Answer, Invocations
from shared.isolation.gate import Isolation
from shared.vault import Vault
from tests.conftest import CURSOR_KEY, KEY, KeptSecrets, settings_for


class CountedInvocations(Invocations):
    """The real door. before_it_ends: called before each answer is handed out."""

    readings = 0
    before_it_ends: Callable[[], None] = staticmethod(lambda: None)

    async def fetch(self, *arguments: Any, **named: Any) -> Answer:
        self.readings += 1
        answer = await super().fetch(*arguments, **named)
        self.before_it_ends()
        return answer


@asynccontextmanager
async def counted_door(app_url: str) -> AsyncIterator[CountedInvocations]:
    """Without the gate (tests/attestation)."""
    async with open_pool(settings_for(app_url)) as pool:
        vault = Vault(KeptSecrets(KEY, CURSOR_KEY))
        door = CountedInvocations(pool, vault, Isolation(pool, vault)).without_proof()
        assert isinstance(door, CountedInvocations)
        yield door
