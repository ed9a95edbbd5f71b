"""A token that was verified a moment ago is not verified again; whatever ends it ends it all the same."""

import asyncio
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from local.tokens import IssuerKey
from shared.errors import Unauthenticated
from shared.identity.access_token import CLOCK_SKEW_SECONDS
from shared.identity.caller import REMEMBERED, TokenVerifier
from shared.identity.issuer_keys import FRESHNESS, IssuerKeys
from tests.clock import FakeClock
from tests.identity.hostile_tokens import now, segment
from tests.identity.running_issuer import AUDIENCE, KIRKLAND, OTHER_TENANT_ID, RunningIssuer, claims_of

pytestmark = pytest.mark.anyio


@dataclass
class Keys:
    """A source that the test changes, and that counts what it is asked."""

    published: dict[str, RSAPublicKey] = field(default_factory=dict)
    asked: int = 0

    async def key(self, tenant_id: UUID, key_id: str) -> RSAPublicKey:
        self.asked += 1
        if key_id not in self.published:
            raise Unauthenticated("The token is signed with a key that its issuer does not publish.")
        return self.published[key_id]


@pytest.fixture
def keys(issuer: RunningIssuer) -> Keys:
    return Keys({key.key_id: key.private.public_key() for key in issuer.keys})


def verifier_of(issuer: RunningIssuer, keys: Keys | IssuerKeys, clock: FakeClock | None = None) -> TokenVerifier:
    clock = clock or FakeClock()
    clock.now = now()
    return TokenVerifier(
        authority=issuer.authority,
        tenant_ids=[KIRKLAND.tenant_id],
        audiences=[AUDIENCE],
        allowed_client_ids=(),
        keys=keys,
        clock=clock,
    )


async def verified_until_refused(verifier: TokenVerifier, token: str) -> None:
    async with asyncio.timeout(30):
        while await verifier.verify(token):
            await asyncio.sleep(0.02)


async def test_the_same_token_makes_the_same_caller_without_being_verified_again(
    issuer: RunningIssuer, keys: Keys
) -> None:
    verifier, token = verifier_of(issuer, keys), issuer.mint()
    first = await verifier.verify(token)
    assert await verifier.verify(token) is first


async def test_a_token_is_refused_as_soon_as_it_has_expired(issuer: RunningIssuer, keys: Keys) -> None:
    verifier = TokenVerifier(
        authority=issuer.authority,
        tenant_ids=[KIRKLAND.tenant_id],
        audiences=[AUDIENCE],
        allowed_client_ids=(),
        keys=keys,
    )
    token = issuer.mint(exp=now() - CLOCK_SKEW_SECONDS + 2)
    with pytest.raises(Unauthenticated, match="expired"):
        await verified_until_refused(verifier, token)


async def test_what_is_kept_of_a_token_ends_when_it_expires(
    issuer: RunningIssuer, keys: Keys, clock: FakeClock
) -> None:
    """By a clock that is ahead of the one that PyJWT reads, so that the token is verified anew."""
    verifier, token = verifier_of(issuer, keys, clock), issuer.mint()
    kept = await verifier.verify(token)
    clock.now = kept.expires_at + CLOCK_SKEW_SECONDS - 1
    assert await verifier.verify(token) is kept
    clock.now += 1
    assert await verifier.verify(token) is not kept


async def test_a_token_whose_key_the_issuer_withdraws_is_refused(
    issuer: RunningIssuer, other_key: IssuerKey, clock: FakeClock
) -> None:
    verifier = verifier_of(issuer, IssuerKeys(issuer.authority, clock=clock), clock)
    token = issuer.mint()
    await verifier.verify(token)
    issuer.keys[:] = [other_key]
    clock.now += FRESHNESS.fresh_for
    with pytest.raises(Unauthenticated, match="does not publish"):
        await verified_until_refused(verifier, token)  # the keys are read behind the first call


async def test_another_key_under_the_same_id_ends_what_the_first_one_signed(
    issuer: RunningIssuer, keys: Keys, other_key: IssuerKey
) -> None:
    verifier, token = verifier_of(issuer, keys), issuer.mint()
    await verifier.verify(token)
    keys.published[issuer.keys[0].key_id] = other_key.private.public_key()
    with pytest.raises(Unauthenticated, match="signature"):
        await verifier.verify(token)
    forged = issuer.mint(replace(other_key, key_id=issuer.keys[0].key_id))
    assert (await verifier.verify(forged)).object_id == KIRKLAND.object_id


async def test_the_key_is_asked_for_at_each_call(issuer: RunningIssuer, keys: Keys) -> None:
    verifier, token = verifier_of(issuer, keys), issuer.mint()
    for times in range(1, 4):
        await verifier.verify(token)
        assert keys.asked == times


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
async def test_a_token_with_one_character_changed_is_another_token(
    issuer: RunningIssuer, keys: Keys, part: int
) -> None:
    verifier, token = verifier_of(issuer, keys), issuer.mint()
    await verifier.verify(token)
    parts = token.split(".")
    at = len(parts[part]) // 2
    for character in "AQgw":
        changed = [*parts]
        changed[part] = parts[part][:at] + character + parts[part][at + 1 :]
        if changed != parts:
            with pytest.raises(Unauthenticated):
                await verifier.verify(".".join(changed))


@pytest.mark.parametrize("claims", [{"oid": str(OTHER_TENANT_ID)}, {"exp": now() + 10**6}, {"scp": "admin"}])
async def test_a_known_signature_carries_no_other_payload(
    issuer: RunningIssuer, keys: Keys, claims: dict[str, object]
) -> None:
    verifier, token = verifier_of(issuer, keys), issuer.mint()
    await verifier.verify(token)
    header, _, signature = token.split(".")
    with pytest.raises(Unauthenticated, match="signature"):
        await verifier.verify(f"{header}.{segment(claims_of(token) | claims)}.{signature}")


async def test_two_tokens_of_two_people_stay_theirs(issuer: RunningIssuer, keys: Keys) -> None:
    verifier = verifier_of(issuer, keys)
    tokens = {str(oid): issuer.mint(oid=str(oid)) for oid in (KIRKLAND.object_id, OTHER_TENANT_ID)}
    for _ in range(3):
        for oid, token in tokens.items():
            assert str((await verifier.verify(token)).object_id) == oid


async def test_what_was_refused_is_not_remembered(issuer: RunningIssuer, other_key: IssuerKey, keys: Keys) -> None:
    verifier, token = verifier_of(issuer, keys), issuer.mint(other_key)
    with pytest.raises(Unauthenticated, match="does not publish"):
        await verifier.verify(token)
    keys.published[other_key.key_id] = other_key.private.public_key()
    assert (await verifier.verify(token)).object_id == KIRKLAND.object_id


async def test_no_more_tokens_are_remembered_than_there_is_room_for(issuer: RunningIssuer, keys: Keys) -> None:
    verifier = verifier_of(issuer, keys)
    first = issuer.mint()
    caller = await verifier.verify(first)
    for _ in range(REMEMBERED):
        await verifier.verify(issuer.mint())
    again = await verifier.verify(first)
    assert again == caller
    assert again is not caller
