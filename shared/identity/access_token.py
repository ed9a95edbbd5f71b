"""A Microsoft Entra v2 access token and the key of its issuer in, its claims out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.errors import Unauthenticated
from shared.settings import GUID

ALGORITHM = "RS256"
CLOCK_SKEW_SECONDS = 60
MAX_LIFE_SECONDS = 48 * 3600
"""Above Entra's longest, 28 hours. A revocation is kept as long (sql/queries/revocations.sql)."""
MAX_TOKEN_ID = 200
REQUIRED_CLAIMS = ["exp", "iat", "nbf", "aud", "iss", "tid", "oid", "ver"]
# Entra puts these into ID tokens only. An ID token tells a client who signed in; it opens no API.
ID_TOKEN_CLAIMS = frozenset({"nonce", "at_hash", "c_hash"})

_REASONS: Mapping[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "The token has expired.",
    jwt.ImmatureSignatureError: "The token is not valid yet.",
    jwt.InvalidAudienceError: "The token was issued for another audience.",
    jwt.InvalidIssuerError: "The token's issuer is not the one of its tenant.",
    jwt.MissingRequiredClaimError: "The token lacks a required claim.",
    jwt.InvalidSignatureError: "The token's signature does not hold.",
}


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a token says, read as the types it must have."""

    tenant_id: UUID
    object_id: UUID
    client_id: str
    scopes: frozenset[str]
    """What the client may do: for a user the scopes of `scp`, whatever the user's roles; for itself its app roles."""
    app_roles: frozenset[str]
    expires_at: int
    issued_at: int
    token_id: str | None
    """Its `uti`; Microsoft asks nobody to rely on there being one."""


def claimed_origin(token: str) -> tuple[UUID, str]:
    """The tenant and the key that the token says it comes from, once its header is one to go on with.

    token: ASCII. Nothing is verified yet: use the two to choose the key, and nothing else.
    """
    unverified = _decoded(token, options={"verify_signature": False})
    header = unverified["header"]
    if header.get("alg") != ALGORITHM:
        raise Unauthenticated(f"The token is not signed with {ALGORITHM}.")
    if "crit" in header:
        raise Unauthenticated("The token's header asks for what is not supported.")
    if not isinstance(key_id := header.get("kid"), str):
        raise Unauthenticated("The token does not name its key.")
    return _guid(unverified["payload"], "tid"), key_id


def verified_claims(token: str, key: RSAPublicKey, *, audiences: Sequence[str], issuer: str) -> Claims:
    """Raises Unauthenticated unless signature, times, audience, issuer and the kind of token all hold."""
    claims = _decoded(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=audiences,
        issuer=issuer,
        leeway=CLOCK_SKEW_SECONDS,
        options={"require": REQUIRED_CLAIMS},
    )["payload"]
    if claims["ver"] != "2.0":
        raise Unauthenticated("The token is not a version 2.0 token.")
    scopes, app_roles = _scopes(claims), _app_roles(claims)
    if not scopes | app_roles or ID_TOKEN_CLAIMS & claims.keys():
        raise Unauthenticated("The token is not an access token.")
    expires_at, issued_at = _epoch(claims, "exp"), _epoch(claims, "iat")
    if expires_at - issued_at > MAX_LIFE_SECONDS:
        raise Unauthenticated("The token is meant to live longer than is accepted here.")
    return Claims(
        tenant_id=_guid(claims, "tid"),
        object_id=_guid(claims, "oid"),
        client_id=_client_id(claims),
        scopes=scopes,
        app_roles=app_roles,
        expires_at=expires_at,
        issued_at=issued_at,
        token_id=_token_id(claims),
    )


def _decoded(token: str, key: RSAPublicKey | str = "", **checks: Any) -> dict[str, Any]:
    """PyJWT's header and payload. Its messages may quote what it read, so they become our reasons."""
    try:
        return jwt.decode_complete(token, key, **checks)
    except jwt.PyJWTError as error:
        reason = next((text for kind, text in _REASONS.items() if isinstance(error, kind)), "The token is malformed.")
        raise Unauthenticated(reason) from error


def _guid(claims: Mapping[str, object], name: str) -> UUID:
    value = claims.get(name)
    if not isinstance(value, str) or not GUID.fullmatch(value):
        raise Unauthenticated(f"The token's claim {name} is not a GUID.")
    return UUID(value)


def _epoch(claims: Mapping[str, object], name: str) -> int:
    value = claims[name]
    if not isinstance(value, int) or isinstance(value, bool):  # PyJWT reads numbers out of text and fractions, too
        raise Unauthenticated(f"The token's claim {name} is not a whole number.")
    return value


def _client_id(claims: Mapping[str, object]) -> str:
    value = claims.get("azp", claims.get("appid"))
    if not isinstance(value, str) or not value:
        raise Unauthenticated("The token does not name the client it was issued to.")
    return value


def _token_id(claims: Mapping[str, object]) -> str | None:
    value = claims.get("uti")
    if value is not None and not (isinstance(value, str) and 0 < len(value) <= MAX_TOKEN_ID):
        raise Unauthenticated("The token's claim uti is not a name.")
    return value


def _scopes(claims: Mapping[str, object]) -> frozenset[str]:
    if "scp" not in claims:
        return _app_roles(claims)
    if not isinstance(value := claims["scp"], str):
        raise Unauthenticated("The token's claim scp is not text.")
    return frozenset(value.split())


def _app_roles(claims: Mapping[str, object]) -> frozenset[str]:
    value = claims.get("roles", [])
    if not isinstance(value, list) or not all(isinstance(role, str) for role in value):
        raise Unauthenticated("The token's claim roles is not a list of names.")
    return frozenset(value)
