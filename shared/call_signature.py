"""What a client keeps of a call and brings back: signed for who made the call, so that no instance need remember it."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from shared.identity import Caller
from shared.vault import Vault

SECRET = "cursor-signing-key"  # noqa: S105  # its name
VERSIONS = 3
SECONDS = 24 * 3600
_EXPIRY_BYTES, _MAC_BYTES = 5, 16


class CallSigner:
    """Signs with the newest key but one, for some instances may not have seen the newest yet; three versions hold."""

    def __init__(self, vault: Vault, *, clock: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._clock = clock

    async def sign(self, caller: Caller, payload: bytes) -> str:
        """28 characters of base64url that hold for a day, for this caller and payload. Raises SecretUnavailable."""
        keys = await self._keys()
        expiry = (int(self._clock()) + SECONDS).to_bytes(_EXPIRY_BYTES)
        return urlsafe_b64encode(expiry + _mac(keys[min(1, len(keys) - 1)], caller, expiry, payload)).decode()

    async def holds(self, caller: Caller, payload: bytes, signature: str) -> bool:
        """Whether it was made by sign for the same and has not expired. Raises SecretUnavailable."""
        try:
            given = urlsafe_b64decode(signature.encode("ascii"))
        except ValueError:
            return False
        expiry, mac = given[:_EXPIRY_BYTES], given[_EXPIRY_BYTES:]
        known = [hmac.compare_digest(mac, _mac(key, caller, expiry, payload)) for key in await self._keys()]
        return any(known) and int.from_bytes(expiry) > self._clock()

    async def _keys(self) -> list[bytes]:
        return [version.key() for version in await self._vault.versions(SECRET, VERSIONS)]


def _mac(key: bytes, caller: Caller, expiry: bytes, payload: bytes) -> bytes:
    whose = f"{caller.principal_id}|{caller.store_scope or '*'}|".encode()
    return hmac.new(key, expiry + whose + payload, hashlib.sha256).digest()[:_MAC_BYTES]
