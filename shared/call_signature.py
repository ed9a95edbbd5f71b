"""What a client keeps of a call and brings back: signed for who made the call, so that no instance need remember it."""

import hashlib
import hmac
import logging
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Literal

from shared.errors import SecretUnavailable, Unavailable
from shared.identity.caller import Caller
from shared.keys.ring import ring
from shared.vault import Vault

log = logging.getLogger(__name__)

SECRET = "cursor-signing-key"  # noqa: S105  # its name
SECONDS = 24 * 3600
_EXPIRY_BYTES, _MAC_BYTES = 5, 16

type What = Literal["cursor", "link"]


class CallSigner:
    """Signs with the version whose turn it is (keys/ring.py); all that are enabled hold."""

    def __init__(self, vault: Vault, *, clock: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._clock = clock

    async def sign(self, caller: Caller, what: What, payload: bytes) -> str | None:
        """28 characters of base64url that hold for a day, for this caller and payload.

        None while no key can be read: what the caller asked for is there without it.
        """
        try:
            keys = await self._keys()
        except SecretUnavailable as error:
            log.error("no %s: %s", what, error)
            return None
        expiry = (int(self._clock()) + SECONDS).to_bytes(_EXPIRY_BYTES)
        return urlsafe_b64encode(expiry + _mac(keys[0], caller, expiry, what, payload)).decode()

    async def holds(self, caller: Caller, what: What, payload: bytes, signature: str) -> bool:
        """Whether it was made by sign for the same and has not expired. Raises Unavailable while no key can be read."""
        try:
            given = urlsafe_b64decode(signature.encode("ascii"))
        except ValueError:
            return False
        expiry, mac = given[:_EXPIRY_BYTES], given[_EXPIRY_BYTES:]
        try:
            keys = await self._keys()
        except SecretUnavailable as error:
            raise Unavailable(f"The {what} cannot be verified.", "Try again shortly.", retry_after=10) from error
        known = [hmac.compare_digest(mac, _mac(key, caller, expiry, what, payload)) for key in keys]
        return any(known) and int.from_bytes(expiry) > self._clock()

    async def _keys(self) -> list[bytes]:
        """That which signs first."""
        return [version.key() for version in ring(await self._vault.versions(SECRET), self._clock())]


def _mac(key: bytes, caller: Caller, expiry: bytes, what: What, payload: bytes) -> bytes:
    whose = f"{caller.principal_id}|{caller.store_scope or '*'}|{what}|".encode()
    return hmac.new(key, expiry + whose + payload, hashlib.sha256).digest()[:_MAC_BYTES]
