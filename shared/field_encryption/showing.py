"""What a caller reads in place of each token: the plain value, or why not."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.errors import SecretUnavailable
from shared.field_encryption.data_key import SECRET, DataKey, unwrapped_by
from shared.field_encryption.token import NAMES, Token
from shared.vault import Secret, Vault

log = logging.getLogger(__name__)

AT_ONCE = 500
"""Tokens that are opened between two other things: some 5 ms. More are opened beside the event loop."""


@dataclass(frozen=True, kw_only=True)
class WrappedKey:
    """A row of ops.field_keys."""

    key_id: int
    kid: str
    wrapped: bytes


@dataclass(frozen=True, kw_only=True)
class Granted:
    """What the database says that a caller may open."""

    customers: Collection[int]
    """Of those asked for, the ones whose rows the caller sees; none without the right to see contacts."""
    keys: Collection[WrappedKey]


class Showing:
    """With the wrapping keys of a vault; it keeps nothing."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def texts(self, tokens: Mapping[str, Token], granted: Granted) -> dict[str, str]:
        """What to show for each token, by its text. Never an error: what cannot be opened says so and is counted."""
        keys = await self._keys(granted.keys) if granted.customers else {}
        if len(tokens) > AT_ONCE:
            shown = await asyncio.to_thread(_shown, tokens, set(granted.customers), keys)
        else:
            shown = _shown(tokens, set(granted.customers), keys)
        if unreadable := sum(shown[text] == _unreadable(token) for text, token in tokens.items()):
            log.warning("encrypted fields: %d of %d values could not be opened", unreadable, len(shown))
        return shown

    async def _keys(self, wrapped: Collection[WrappedKey]) -> dict[int, DataKey]:
        if not wrapped:
            return {}
        try:
            versions = await self._vault.versions(SECRET)
            if not {key.kid for key in wrapped} <= {version.version for version in versions}:
                versions = await self._vault.renewed(SECRET)  # wrapped anew a moment ago
        except SecretUnavailable as error:
            log.error("encrypted fields: %s", error)
            return {}
        return dict(_unwrapped(wrapped, versions))


def _unwrapped(wrapped: Collection[WrappedKey], versions: list[Secret]) -> list[tuple[int, DataKey]]:
    keys = ((each.key_id, unwrapped_by(versions, each.key_id, each.kid, each.wrapped)) for each in wrapped)
    return [(key_id, key) for key_id, key in keys if key is not None]


def _shown(tokens: Mapping[str, Token], customers: set[int], keys: Mapping[int, DataKey]) -> dict[str, str]:
    return {text: _text(token, customers, keys.get(token.key_id)) for text, token in tokens.items()}


def _text(token: Token, customers: set[int], key: DataKey | None) -> str:
    if token.customer_id not in customers:
        return f"[{NAMES[token.field]} hidden]"
    plain = None if key is None else key.decrypted(token)
    return _unreadable(token) if plain is None else plain


def _unreadable(token: Token) -> str:
    return f"[{NAMES[token.field]} unreadable]"
