"""The keys and tokens of the local issuer: what Microsoft Entra would sign, for people who exist on laptops only."""

import hashlib
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from local.people import LOCAL_AUDIENCE, LOCAL_CLIENT_ID, Person

KEY_FILE = "token-issuer.pem"
CLIENT_SECRET_FILE = "token-issuer-client-secret"


@dataclass(frozen=True)
class IssuerKey:
    """A signing key and the id under which its public half is published."""

    key_id: str
    private: rsa.RSAPrivateKey


def new_key(bits: int = 2048) -> IssuerKey:
    """A fresh key; its id is a digest of its public half, so it is the same after a restart."""
    return _identified(rsa.generate_private_key(65537, bits))


def load_key(state: Path) -> IssuerKey:
    """The key kept in the state folder, made at the first call."""
    pem = _kept(state / KEY_FILE, lambda: _pem(new_key().private))
    private = serialization.load_pem_private_key(pem, None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"{KEY_FILE} does not hold an RSA key")
    return _identified(private)


def load_client_secret(state: Path) -> str:
    """The secret with which local programs get tokens over HTTP, made at the first call."""
    return _kept(state / CLIENT_SECRET_FILE, lambda: secrets.token_urlsafe(32).encode()).decode()


def mint(
    key: IssuerKey,
    *,
    issuer: str,
    tenant_id: UUID,
    object_id: UUID,
    audience: str,
    scopes: Iterable[str],
    roles: Iterable[str],
    client_id: str,
    lifetime: int = 3600,
    **overrides: object,
) -> str:
    """A signed v2 access token. overrides replace claims; a claim that is None is left out."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": audience,
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "tid": str(tenant_id),
        "oid": str(object_id),
        "sub": hashlib.sha256(object_id.bytes + client_id.encode()).hexdigest()[:43],
        "azp": client_id,
        "scp": " ".join(scopes) or None,
        "roles": list(roles) or None,
        "ver": "2.0",
        "uti": secrets.token_urlsafe(16),
    } | overrides
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key.private, algorithm="RS256", headers={"kid": key.key_id})


def token_for(person: Person, key: IssuerKey, *, authority: str, audience: str = LOCAL_AUDIENCE) -> str:
    """A token of one of the local people. authority: where this issuer is reached."""
    return mint(
        key,
        issuer=issuer_of(authority, person.tenant_id),
        tenant_id=person.tenant_id,
        object_id=person.object_id,
        audience=audience,
        scopes=person.scopes,
        roles=[person.role] if person.role else [],
        client_id=LOCAL_CLIENT_ID,
        name=person.display_name,
        preferred_username=f"{person.name}@zava.example",
    )


def issuer_of(authority: str, tenant_id: UUID | str) -> str:
    """The `iss` of a tenant's tokens."""
    return f"{authority}/{tenant_id}/v2.0"


def public_jwk(key: IssuerKey, issuer: str) -> dict[str, object]:
    """The published half of a key, as Entra publishes it."""
    published: dict[str, object] = json.loads(RSAAlgorithm.to_jwk(key.private.public_key()))
    return {name: published[name] for name in ("kty", "n", "e")} | {"use": "sig", "kid": key.key_id, "issuer": issuer}


def _identified(private: rsa.RSAPrivateKey) -> IssuerKey:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    public = private.public_key().public_bytes(serialization.Encoding.DER, spki)
    return IssuerKey(hashlib.sha256(public).hexdigest()[:27], private)


def _pem(private: rsa.RSAPrivateKey) -> bytes:
    pkcs8 = serialization.PrivateFormat.PKCS8
    return private.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's content, made at the first call: whole and private from the start, whoever else makes it, too."""
    if not path.exists():
        descriptor, made = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
        try:
            os.link(made, path)  # fails where a rename would replace what another process has made
        except FileExistsError:
            pass
        finally:
            Path(made).unlink()
    return path.read_bytes()
