"""What a token must be to name a caller, and every way in which it may fall short."""

import hashlib
import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import jwt
import pytest

from local.token_issuer import IssuerKey
from shared.errors import Forbidden, Unauthenticated
from tests.identity.hostile_tokens import HOSTILE, now
from tests.identity.running_issuer import AUDIENCE, CLIENT_ID, KIRKLAND, OTHER_TENANT_ID, RunningIssuer, claims_of

pytestmark = pytest.mark.anyio

KIRKLAND_STORE = UUID("9c8b7a65-4321-fed0-9876-543210fedcba")
DESCRIPTION = re.compile(r"[ !#-\[\]-~]+", re.ASCII)
"""What RFC 6750 allows in an error_description."""
SEATTLE_STORE = UUID("f47ac10b-58cc-4372-a567-0e02b2c3d479")


@pytest.mark.parametrize("forge", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_token_is_refused(issuer: RunningIssuer, forge: Callable[[RunningIssuer], str]) -> None:
    with pytest.raises(Unauthenticated):
        await issuer.verifier().verify(forge(issuer))


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "aud", "iss", "tid", "oid", "ver"])
async def test_a_token_without_a_required_claim_is_refused(issuer: RunningIssuer, claim: str) -> None:
    with pytest.raises(Unauthenticated):
        await issuer.verifier().verify(issuer.mint(None, **{claim: None}))


async def test_a_good_token_names_its_caller(issuer: RunningIssuer) -> None:
    expiry = now() + 600
    caller = await issuer.verifier().verify(issuer.mint(exp=expiry, scp="sales.read admin"))
    assert (caller.tenant_id, caller.object_id) == (KIRKLAND.tenant_id, KIRKLAND.object_id)
    assert caller.client_id == CLIENT_ID
    assert caller.scopes == {"sales.read", "admin"}
    assert caller.app_roles == {"store_manager"}
    assert caller.expires_at == expiry
    assert caller.store_scope is None


ACCEPTED: dict[str, Callable[[RunningIssuer], str]] = {
    "one accepted audience in a list": lambda i: i.mint(aud=["api://elsewhere", AUDIENCE]),
    "expired within the skew": lambda i: i.mint(exp=now() - 55),
    "valid within the skew": lambda i: i.mint(nbf=now() + 55, iat=now() + 55),
    "an application: roles only": lambda i: i.mint(scp=None),
    "a user: scopes only": lambda i: i.mint(roles=None),
    "the client named as version 1 does": lambda i: i.mint(azp=None, appid=CLIENT_ID),
}


@pytest.mark.parametrize("make", ACCEPTED.values(), ids=ACCEPTED.keys())
async def test_a_token_within_the_rules_is_accepted(
    issuer: RunningIssuer, make: Callable[[RunningIssuer], str]
) -> None:
    caller = await issuer.verifier(client_ids=(CLIENT_ID,)).verify(make(issuer))
    assert caller.client_id == CLIENT_ID


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scp": "sales.read", "roles": ["admin", "super_admin"]}, {"sales.read"}),
        ({"scp": "", "roles": ["admin"]}, set()),
        ({"scp": "  sales.read   catalog.read ", "roles": None}, {"sales.read", "catalog.read"}),
        ({"scp": None, "roles": ["sales.read", "store_manager"]}, {"sales.read", "store_manager"}),
    ],
)
async def test_a_user_grants_its_client_scopes_and_an_application_acts_by_its_roles(
    issuer: RunningIssuer, claims: dict[str, object], scopes: set[str]
) -> None:
    assert (await issuer.verifier().verify(issuer.mint(None, **claims))).scopes == scopes


async def test_a_client_outside_the_list_is_refused(issuer: RunningIssuer) -> None:
    verifier = issuer.verifier(client_ids=("6e74172b-be56-4843-9ff4-e66a39bb12e3",))
    with pytest.raises(Unauthenticated, match="client"):
        await verifier.verify(issuer.mint())


async def test_a_token_of_16_kib_is_read_and_a_longer_one_is_not(issuer: RunningIssuer) -> None:
    verifier = issuer.verifier()
    long_one = issuer.mint(padding="x" * 11_500)
    assert 16_000 < len(long_one) <= 16 * 1024
    await verifier.verify(long_one)
    with pytest.raises(Unauthenticated, match="too long"):
        await verifier.verify(issuer.mint(padding="x" * 12_500))


@pytest.mark.parametrize("field", ["jku", "x5u"])
async def test_keys_are_never_fetched_from_where_the_token_says(
    issuer: RunningIssuer, other_key: IssuerKey, field: str
) -> None:
    headers = {"kid": issuer.keys[0].key_id, field: f"{issuer.authority}/attacker/keys"}
    token = jwt.encode(claims_of(issuer.mint()), other_key.private, "RS256", headers=headers)
    with pytest.raises(Unauthenticated, match="signature"):
        await issuer.verifier().verify(token)
    assert issuer.paths == [f"/{KIRKLAND.tenant_id}/discovery/v2.0/keys"]


async def test_a_key_inside_the_token_is_not_used(issuer: RunningIssuer, other_key: IssuerKey) -> None:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(other_key.private.public_key()))
    headers = {"kid": other_key.key_id, "jwk": public}
    token = jwt.encode(claims_of(issuer.mint()), other_key.private, "RS256", headers=headers)
    with pytest.raises(Unauthenticated, match="does not publish"):
        await issuer.verifier().verify(token)


@pytest.mark.parametrize(
    "name", ["no algorithm", "HS256 with the public key as secret", "PS256 by the issuer's own key"]
)
async def test_another_algorithm_is_refused_before_a_key_is_asked_for(issuer: RunningIssuer, name: str) -> None:
    with pytest.raises(Unauthenticated, match="RS256"):
        await issuer.verifier().verify(HOSTILE[name](issuer))
    assert issuer.paths == []


async def test_a_foreign_tenant_is_refused_before_anyone_is_asked(issuer: RunningIssuer) -> None:
    with pytest.raises(Unauthenticated, match="tenant"):
        await issuer.verifier().verify(issuer.mint(tid=str(OTHER_TENANT_ID)))
    assert issuer.paths == []


async def test_no_reason_and_no_log_line_quotes_a_token(
    issuer: RunningIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    for forge in HOSTILE.values():
        token = forge(issuer)
        with pytest.raises(Unauthenticated) as refusal:
            await issuer.verifier().verify(token)
        said += [(token, str(error)) for error in (refusal.value, refusal.value.__cause__)]
        assert DESCRIPTION.fullmatch(str(refusal.value))
    for token, reason in said:
        parts = [part for part in token.split(".") if len(part) > 4]
        assert not any(part in reason or part in caplog.text for part in parts)


async def test_a_caller_is_narrowed_to_one_store_and_never_to_a_second(issuer: RunningIssuer) -> None:
    caller = await issuer.verifier().verify(issuer.mint())
    narrowed = caller.narrowed_to(KIRKLAND_STORE)
    assert narrowed == replace(caller, store_scope=KIRKLAND_STORE)
    assert narrowed.narrowed_to(KIRKLAND_STORE) == narrowed
    with pytest.raises(Forbidden):
        narrowed.narrowed_to(SEATTLE_STORE)


async def test_a_principal_is_known_by_tenant_and_object_and_by_nothing_else(issuer: RunningIssuer) -> None:
    verifier = issuer.verifier()
    caller = await verifier.verify(issuer.mint())
    again = await verifier.verify(issuer.mint(name="Renamed", roles=["super_admin"], azp="other"))
    digest = hashlib.sha256(bytes.fromhex((str(caller.tenant_id) + str(caller.object_id)).replace("-", ""))).hexdigest()
    assert caller.principal_id == again.principal_id == UUID(digest[:32])
    assert replace(caller, tenant_id=OTHER_TENANT_ID).principal_id != caller.principal_id
