"""A bearer token in, a Caller out."""

import re
import time
from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple, Protocol
from uuid import UUID

from cachetools import LRUCache
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.errors import Forbidden, Unauthenticated, ValidationFault
from shared.identity.access_token import CLOCK_SKEW_SECONDS, Claims, claimed_origin, verified_claims
from shared.identity.issuer_keys import IssuerKeys
from shared.rls_context import principal_id_of
from shared.settings import GUID, Settings

MAX_TOKEN_CHARACTERS = 16 * 1024
REMEMBERED = 512
"""Tokens that are not verified anew at each call. The one that has not come for longest makes room."""

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A verified subject and what its token says of it. What it may see is decided in the database."""

    tenant_id: UUID
    object_id: UUID
    client_id: str
    scopes: frozenset[str]
    app_roles: frozenset[str]
    expires_at: int
    issued_at: int
    """Seconds of the epoch, as expires_at."""
    token_id: str | None
    """The token's `uti`, where it has one."""
    store_scope: UUID | None

    @cached_property
    def principal_id(self) -> UUID:
        """See principal_id_of."""
        return principal_id_of(self.tenant_id, self.object_id)

    def narrowed_to(self, store: UUID) -> "Caller":
        """The same caller, seeing this store at most; raises Forbidden when it is narrowed to another one."""
        if self.store_scope not in (None, store):
            raise Forbidden("The caller is already narrowed to another store.")
        return replace(self, store_scope=store)


current_caller: ContextVar[Caller] = ContextVar("current_caller")
"""The caller of the request at hand. Without a default: code that runs for nobody fails."""


class KeySource(Protocol):
    """Where public keys come from."""

    async def key(self, tenant_id: UUID, key_id: str) -> RSAPublicKey:
        """Raises Unauthenticated for an unknown key, Unavailable when nobody can say."""


class _Verified(NamedTuple):
    """A caller, and the key by which its token's signature was found to hold."""

    caller: Caller
    key_id: str
    key: RSAPublicKey


class TokenVerifier:
    """Accepts Entra v2 access tokens of some tenants for one application, and nothing else.

    Clients send one token for an hour, and to verify it costs more than all else before the query. So what was verified
    is kept. That is safe because of what is kept and what is not:
    the key is the SHA-256 of the whole token, so one with any other bit, in its payload or its signature, is not found;
    what is found is of a token that passed every check, and refusals are not kept;
    of these checks the same token can fail later only two, and both are made at each call: it may have expired, and its
    issuer may have withdrawn or replaced its key, which is asked for as ever and must be the very one that verified it.
    Whether it was revoked is asked behind this, at each call (revocations.py). A Caller cannot be changed.
    """

    def __init__(
        self,
        *,
        authority: str,
        tenant_ids: Collection[UUID],
        audiences: Collection[str],
        allowed_client_ids: Collection[str],
        keys: KeySource,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._authority = authority
        self._tenant_ids = frozenset(tenant_ids)
        self._audiences = tuple(audiences)
        self._allowed_client_ids = frozenset(allowed_client_ids)
        self._keys = keys
        self._clock = clock
        self._verified: LRUCache[bytes, _Verified] = LRUCache(REMEMBERED)

    async def verify(self, token: str) -> Caller:
        """Raises Unauthenticated with a reason that quotes nothing, Unavailable when the issuer cannot be asked."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated("The token is too long.")
        if not token.isascii():
            raise Unauthenticated("The token is not a JSON Web Token.")
        digest = sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is None or not await self._still_holds(known):
            self._verified.pop(digest, None)
            known = self._verified[digest] = await self._newly_verified(token)
        return known.caller

    async def _still_holds(self, known: _Verified) -> bool:
        if known.caller.expires_at <= self._clock() - CLOCK_SKEW_SECONDS:
            return False
        return await self._keys.key(known.caller.tenant_id, known.key_id) is known.key

    async def _newly_verified(self, token: str) -> _Verified:
        tenant_id, key_id = claimed_origin(token)
        if tenant_id not in self._tenant_ids:
            raise Unauthenticated("The token comes from a tenant that is not accepted here.")
        key = await self._keys.key(tenant_id, key_id)
        issuer = f"{self._authority}/{tenant_id}/v2.0"
        claims = verified_claims(token, key, audiences=self._audiences, issuer=issuer)
        return _Verified(self._caller(claims), key_id, key)

    def _caller(self, claims: Claims) -> Caller:
        if self._allowed_client_ids and claims.client_id not in self._allowed_client_ids:
            raise Unauthenticated("The token was issued to a client that is not accepted here.")
        return Caller(
            tenant_id=claims.tenant_id,
            object_id=claims.object_id,
            client_id=claims.client_id,
            scopes=claims.scopes,
            app_roles=claims.app_roles,
            expires_at=claims.expires_at,
            issued_at=claims.issued_at,
            token_id=claims.token_id,
            store_scope=None,
        )


def open_verifier(settings: Settings) -> TokenVerifier:
    """The verifier these settings describe."""
    return TokenVerifier(
        authority=settings.entra_authority,
        tenant_ids=[UUID(tenant) for tenant in settings.entra_tenant_ids],
        audiences=settings.token_audiences,
        allowed_client_ids=settings.allowed_client_ids,
        keys=IssuerKeys(settings.entra_authority),
    )


def bearer_token(authorization: str | None) -> str:
    """The one token of an Authorization header; raises Unauthenticated for anything else."""
    if not authorization:
        raise Unauthenticated("The request carries no Authorization header.")
    if not (found := _BEARER.fullmatch(authorization)):
        raise Unauthenticated("The Authorization header is not one bearer token.")
    return found[1]


def store_scope_of(header: str | None) -> UUID | None:
    """The store that `x-rls-user-id` narrows to, None without the header; raises ValidationFault when malformed."""
    if header is None:
        return None
    if not GUID.fullmatch(header):
        raise ValidationFault("The header x-rls-user-id is not a UUID.", "Send one store's UUID, or no such header.")
    return UUID(header)
