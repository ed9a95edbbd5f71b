"""Signed contexts for a principal, with the keys of the vault."""

import logging
from uuid import UUID

from shared.errors import SecretUnavailable, Unavailable
from shared.rls_context import CONTEXT_SECONDS, SIGNING_KEY, sign_context
from shared.vault import Vault

log = logging.getLogger(__name__)


class ContextSigner:
    """Signs with the newest key and with the one before, for the database may not know the newest yet."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def contexts(
        self, principal_id: UUID, store_scope: UUID | None, *, plain: bool = False, seconds: int = CONTEXT_SECONDS
    ) -> list[str]:
        """The claim (see sign_context) once a key, newest first; none of those that are no keys. Raises Unavailable."""
        try:
            keys = await self._vault.versions(SIGNING_KEY)
        except SecretUnavailable as error:
            raise Unavailable("The signing key cannot be read.", "Try again shortly.", retry_after=10) from error
        contexts = []
        for key in keys:
            try:
                contexts.append(
                    sign_context(key.key(), key.version, principal_id, store_scope, seconds=seconds, plain=plain)
                )
            except SecretUnavailable as error:
                log.error("%s", error)
        return contexts
