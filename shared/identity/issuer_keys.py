"""A tenant and a key id in, the public key that its tokens are signed with out."""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from uuid import UUID

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from shared.errors import Unauthenticated, Unavailable
from shared.last_good import Clock, Freshness, LastGood
from shared.loopback import on_this_machine

# A key that the issuer withdrew is trusted for an hour, or for a day while the issuer cannot be reached.
FRESHNESS = Freshness(fresh_for=3600, usable_for=24 * 3600, retry_gap=1)
MIN_KEY_BITS = 2048
FETCH_SECONDS = 3
MAX_DOCUMENT_BYTES = 1 << 20

type Fetch = Callable[[str], Awaitable[bytes]]
type KeySet = Mapping[str, RSAPublicKey]


class IssuerKeys:
    """The signing keys of every tenant it is asked about. Ask about accepted tenants only: each one is kept."""

    def __init__(self, authority: str, *, fetch: Fetch | None = None, clock: Clock = time.monotonic) -> None:
        self._authority = authority
        self._fetch = fetch or fetch_document
        self._clock = clock
        self._tenants: dict[UUID, LastGood[KeySet]] = {}

    async def key(self, tenant_id: UUID, key_id: str) -> RSAPublicKey:
        """Raises Unauthenticated for a key that the issuer does not publish, Unavailable when it cannot be asked."""
        tenant = self._tenants.get(tenant_id) or self._remember(tenant_id)
        keys = await tenant.value()
        if key_id not in keys:
            keys = await tenant.renewed()  # the issuer may have rotated its keys since
        if key_id not in keys:
            raise Unauthenticated("The token is signed with a key that its issuer does not publish.")
        return keys[key_id]

    def _remember(self, tenant_id: UUID) -> LastGood[KeySet]:
        read = partial(self._read, tenant_id)
        keys = LastGood(read, FRESHNESS, name=f"key set of tenant {tenant_id}", clock=self._clock)
        self._tenants[tenant_id] = keys
        return keys

    async def _read(self, tenant_id: UUID) -> KeySet:
        # The address is built, not taken from the discovery document: no answer decides where keys come from.
        document = await self._fetch(f"{self._authority}/{tenant_id}/discovery/v2.0/keys")
        try:
            return key_set(document, f"{self._authority}/{tenant_id}/v2.0", tenant_id)
        except ValueError as error:
            raise _unreadable() from error


def key_set(document: bytes, issuer: str, tenant_id: UUID) -> KeySet:
    """The usable RSA signing keys of a JWKS by key id; raises ValueError when there is none."""
    try:
        entries = list(json.loads(document)["keys"])
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not a key set") from error
    usable = [entry for entry in entries if isinstance(entry, dict) and _signs_for(entry, issuer, tenant_id)]
    keys = {entry["kid"]: key for entry in usable if (key := _public_key(entry))}
    if not keys:
        raise ValueError("a key set without a usable key")
    return keys


def _signs_for(entry: Mapping[str, object], issuer: str, tenant_id: UUID) -> bool:
    """Whether the key is for RS256 signatures of this issuer: Entra's sets name the issuer of each key."""
    owner = str(entry.get("issuer", issuer)).replace("{tenantid}", str(tenant_id))
    return (
        isinstance(entry.get("kid"), str)
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
        and owner == issuer
    )


def _public_key(entry: Mapping[str, object]) -> RSAPublicKey | None:
    """The key of modulus and exponent alone; None when they are malformed or too short to be safe."""
    numbers = {name: str(entry.get(name)) for name in ("kty", "n", "e")}
    try:
        key = RSAAlgorithm.from_jwk(numbers)
    except (jwt.InvalidKeyError, ValueError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= MIN_KEY_BITS else None


async def fetch_document(url: str, *, seconds: float = FETCH_SECONDS) -> bytes:
    """The body at the URL, no redirects followed; raises Unavailable when there is none, or one too long or late."""
    try:
        async with (
            asyncio.timeout(seconds),
            httpx2.AsyncClient(
                verify=_trusted_roots(), follow_redirects=False, trust_env=not on_this_machine(url)
            ) as client,
            # Compressed bodies are not asked for and not unpacked, so the limit counts what is read.
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
        ):
            return await _body(response)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError) as error:
        raise _unreadable() from error


@cache
def _trusted_roots() -> ssl.SSLContext:
    """Loaded once: it takes 35 ms, and the event loop waits."""
    return httpx2.create_ssl_context()


async def _body(response: httpx2.Response) -> bytes:
    if response.status_code != httpx2.codes.OK:
        raise ValueError(f"status {response.status_code}")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_DOCUMENT_BYTES:
            raise ValueError("a body over the limit")
    return bytes(body)


def _unreadable() -> Unavailable:
    return Unavailable(
        "The identity platform's signing keys cannot be read at the moment.", "Try again shortly.", retry_after=5
    )
