"""Signed contexts for a principal, with the keys of the vault."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from shared.errors import SecretUnavailable, Unavailable, UnknownSigningKey
from shared.keys.ring import ring
from shared.rls_context import CONTEXT_SECONDS, SIGNING_KEY, Shape, sign_context
from shared.vault import Secret, Vault

log = logging.getLogger(__name__)

CANDIDATES = 3
"""The key whose turn it is and, for a database that does not know it, the next ones."""

type Read = Callable[[str], Awaitable[Sequence[Secret]]]


class ContextSigner:
    """Signs with keys that the database may know, in the order in which it is likely to."""

    def __init__(self, vault: Vault, *, clock: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._clock = clock

    async def accepted[T](
        self,
        attempt: Callable[[str], Awaitable[T | None]],
        principal_id: UUID,
        store_scope: UUID | None,
        *,
        shape: Shape | None = None,
        seconds: int = CONTEXT_SECONDS,
    ) -> T:
        """What the attempt gives for the first claim (see sign_context) that it does not answer with None.

        Before it is given up, the vault is asked anew: this instance may have slept through a rotation. Raises
        Unavailable, and what the attempt raises.
        """
        for read in (self._vault.versions, self._vault.renewed):
            for key in await signing_keys(read, self._clock()):
                try:
                    value = key.key()
                except SecretUnavailable as error:
                    log.error("%s", error)
                    continue
                context = sign_context(value, key.version, principal_id, store_scope, seconds=seconds, shape=shape)
                if (answer := await attempt(context)) is not None:
                    return answer
        # Without an accepted claim rows would be missing without a word.
        raise UnknownSigningKey


async def signing_keys(read: Read, now: float) -> list[Secret]:
    """The few to try, in this order. Raises Unavailable where there is none."""
    try:
        return ring(await read(SIGNING_KEY), now)[:CANDIDATES]
    except SecretUnavailable as error:
        raise Unavailable("The signing key cannot be read.", "Try again shortly.", retry_after=10) from error
