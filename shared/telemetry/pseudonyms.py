"""A principal in, a name for it out that tells its calls from others' and cannot be turned back.

The name is an HMAC-SHA256 under a key derived from a secret of the vault: who sees telemetry and knows all ids of the
tenant's people still cannot try them out. The same principal has the same name on every instance, until the secret is
rotated.
"""

import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

from shared.errors import SecretUnavailable
from shared.vault import Vault

SECRET = "cursor-signing-key"  # noqa: S105  # its name
PURPOSE = b"zava telemetry: names of principals"
CHARACTERS = 16


class Pseudonyms:
    """Of one vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def of(self, principals: Iterable[UUID]) -> dict[UUID, str]:
        """One for each; none at all without the secret."""
        try:
            secret = (await self._vault.secret(SECRET)).key()
        except SecretUnavailable:
            return {}
        key = hmac.digest(secret, PURPOSE, hashlib.sha256)  # the secret itself signs cursors, and nothing else
        return {each: hmac.digest(key, each.bytes, hashlib.sha256).hex()[:CHARACTERS] for each in principals}
