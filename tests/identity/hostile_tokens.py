"""Tokens that must not pass, by what is wrong with them."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import replace

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.tokens import issuer_of, new_key
from tests.identity.running_issuer import AUDIENCE, CLIENT_ID, KIRKLAND, OTHER_TENANT_ID, RunningIssuer, claims_of


def now() -> int:
    return int(time.time())


def segment(content: object) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(issuer: RunningIssuer, header: dict[str, object], payload: object = None, alg: str = "RS256") -> str:
    """A token with this header whose signature is right for it, by the issuer's own key."""
    whole: dict[str, object] = {"typ": "JWT", "alg": alg, "kid": issuer.keys[0].key_id} | header
    signing_input = f"{segment(whole)}.{segment(claims_of(issuer.mint()) if payload is None else payload)}"
    algorithm = jwt.get_algorithm_by_name("PS256" if alg == "PS256" else "RS256")
    return f"{signing_input}.{segment(algorithm.sign(signing_input.encode(), issuer.keys[0].private))}"


def without_signature(issuer: RunningIssuer, alg: str) -> str:
    header = {"typ": "JWT", "alg": alg, "kid": issuer.keys[0].key_id}
    return f"{segment(header)}.{segment(claims_of(issuer.mint()))}."


def key_confusion(issuer: RunningIssuer) -> str:
    """HMAC with the public key, which everyone has, as its secret."""
    public = issuer.keys[0].private.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signing_input = without_signature(issuer, "HS256").rstrip(".")
    return f"{signing_input}.{segment(hmac.digest(pem, signing_input.encode(), hashlib.sha256))}"


def elliptic(issuer: RunningIssuer) -> str:
    headers = {"kid": issuer.keys[0].key_id}
    return jwt.encode(claims_of(issuer.mint()), ec.generate_private_key(ec.SECP256R1()), "ES256", headers=headers)


def other_key_under_the_same_id(issuer: RunningIssuer) -> str:
    return issuer.mint(replace(new_key(), key_id=issuer.keys[0].key_id))


def altered(issuer: RunningIssuer) -> str:
    header, _, signature = issuer.mint().split(".")
    return f"{header}.{segment(claims_of(issuer.mint()) | {'oid': str(OTHER_TENANT_ID)})}.{signature}"


def encrypted(issuer: RunningIssuer) -> str:
    return f"{segment({'alg': 'RSA-OAEP', 'enc': 'A256GCM', 'kid': issuer.keys[0].key_id})}.aaaa.bbbb.cccc.dddd"


HOSTILE: dict[str, Callable[[RunningIssuer], str]] = {
    "expired longer ago than the skew": lambda i: i.mint(exp=now() - 65),
    "not valid before the skew is over": lambda i: i.mint(nbf=now() + 65),
    "issued in the future": lambda i: i.mint(iat=now() + 65),
    "an expiry that is text": lambda i: i.mint(exp=str(now() + 600)),
    "an expiry that is a fraction": lambda i: i.mint(exp=now() + 600.5),
    "an infinite expiry": lambda i: i.mint(exp=float("inf")),
    "another audience": lambda i: i.mint(aud="api://elsewhere"),
    "a list of other audiences": lambda i: i.mint(aud=["api://elsewhere", AUDIENCE + "/"]),
    "an audience that only begins like ours": lambda i: i.mint(aud=AUDIENCE + ".evil.example"),
    "an audience that is an object": lambda i: i.mint(aud={AUDIENCE: True}),
    "an audience among other types": lambda i: i.mint(aud=[AUDIENCE, 1]),
    "another issuer": lambda i: i.mint(iss="https://login.evil.example/v2.0"),
    "the issuer of version 1": lambda i: i.mint(iss=f"https://sts.windows.net/{KIRKLAND.tenant_id}/"),
    "an issuer in a list": lambda i: i.mint(iss=[issuer_of(i.authority, KIRKLAND.tenant_id)]),
    "the issuer of another tenant": lambda i: i.mint(iss=issuer_of(i.authority, OTHER_TENANT_ID)),
    "the tenant id of another tenant": lambda i: i.mint(tid=str(OTHER_TENANT_ID)),
    "a foreign tenant throughout": lambda i: i.mint(
        tid=str(OTHER_TENANT_ID), iss=issuer_of(i.authority, OTHER_TENANT_ID)
    ),
    "a tenant id that is no GUID": lambda i: i.mint(tid="common"),
    "a tenant id that is a path": lambda i: i.mint(tid="../../keys"),
    "an object id that is no GUID": lambda i: i.mint(oid="head-office"),
    "an object id in braces": lambda i: i.mint(oid=f"{{{KIRKLAND.object_id}}}"),
    "version 1.0": lambda i: i.mint(ver="1.0"),
    "version 2.0 as a number": lambda i: i.mint(ver=2.0),
    "neither scopes nor roles": lambda i: i.mint(scp=None, roles=None),
    "scopes and roles that are empty": lambda i: i.mint(scp="", roles=[]),
    "an ID token: roles, no client, a nonce": lambda i: i.mint(scp=None, azp=None, nonce="n"),
    "an ID token with a client": lambda i: i.mint(scp=None, at_hash="h"),
    "no client": lambda i: i.mint(azp=None),
    "a client that is a list": lambda i: i.mint(azp=[CLIENT_ID]),
    "scopes in a list": lambda i: i.mint(scp=["sales.read"]),
    "roles as text": lambda i: i.mint(roles="super_admin"),
    "roles of other types": lambda i: i.mint(roles=[{"super_admin": True}]),
    "no algorithm": lambda i: without_signature(i, "none"),
    "no algorithm, spelt otherwise": lambda i: without_signature(i, "nOnE"),
    "RS256 without a signature": lambda i: without_signature(i, "RS256"),
    "HS256 with the public key as secret": key_confusion,
    "PS256 by the issuer's own key": lambda i: signed(i, {}, alg="PS256"),
    "ES256": elliptic,
    "an algorithm that is a list": lambda i: signed(i, {"alg": ["RS256"]}),
    "no key id": lambda i: jwt.encode(claims_of(i.mint()), i.keys[0].private, "RS256"),
    "a key id that is null": lambda i: signed(i, {"kid": None}),
    "a key id that is a number": lambda i: signed(i, {"kid": 1}),
    "a key id that is nobody's": lambda i: signed(i, {"kid": "nobody's"}),
    "another key under the same id": other_key_under_the_same_id,
    "claims altered after signing": altered,
    "a critical extension": lambda i: signed(i, {"crit": ["exp"], "exp": 1}),
    "an extension that changes nothing": lambda i: signed(i, {"crit": ["b64"], "b64": True}),
    "an unencoded payload": lambda i: signed(i, {"crit": ["b64"], "b64": False}),
    "an encrypted token": encrypted,
    "claims that are a list": lambda i: signed(i, {}, [1]),
    "claims that are a deep list": lambda i: signed(i, {}, b"[" * 11_800),
    "a header that is a deep list": lambda i: f"{segment(b'[' * 11_800)}.e30.AAAA",
    "a header that is a number": lambda i: f"{segment(1)}.e30.AAAA",
    "a header that is not JSON": lambda i: f"{segment(b'%')}.e30.AAAA",
    "an empty token": lambda i: "",
    "dots": lambda i: "..",
    "words": lambda i: "let me in",
    "a letter outside ASCII": lambda i: i.mint() + "é",
    "half a surrogate pair": lambda i: i.mint() + "\ud800",
    "a line feed at the end": lambda i: i.mint() + "\n",
}
