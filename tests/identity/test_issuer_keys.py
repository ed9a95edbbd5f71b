"""Where the signing keys come from: when they are asked for, how long they hold, what they must be."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.asgi_server import loopback_socket, serving
from local.token_issuer import IssuerKey
from local.tokens import issuer_of, new_key, public_jwk
from shared.errors import Unauthenticated, Unavailable
from shared.identity.caller import TokenVerifier
from shared.identity.issuer_keys import MAX_DOCUMENT_BYTES, IssuerKeys, fetch_document, key_set
from tests.clock import FakeClock
from tests.identity.running_issuer import KIRKLAND, RunningIssuer

pytestmark = pytest.mark.anyio

HOUR = 3600
TENANT_ID = KIRKLAND.tenant_id
ISSUER = issuer_of("https://login.example", TENANT_ID)


@pytest.fixture
def keys(issuer: RunningIssuer, clock: FakeClock) -> IssuerKeys:
    return IssuerKeys(issuer.authority, clock=clock)


@pytest.fixture
def verifier(issuer: RunningIssuer, keys: IssuerKeys) -> TokenVerifier:
    return issuer.verifier(keys)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that stays bound and never listens."""
    with loopback_socket() as listener:
        port: int = listener.getsockname()[1]
        yield port


async def until_fetched(issuer: RunningIssuer, times: int) -> None:
    async with asyncio.timeout(2):
        while issuer.fetches < times:
            await asyncio.sleep(0.001)


async def test_eight_first_verifications_make_one_fetch(issuer: RunningIssuer, verifier: TokenVerifier) -> None:
    await asyncio.gather(*(verifier.verify(issuer.mint()) for _ in range(8)))
    assert issuer.fetches == 1


async def test_a_caller_who_goes_away_does_not_take_the_fetch_along(
    issuer: RunningIssuer, verifier: TokenVerifier
) -> None:
    leaving, staying = (asyncio.create_task(verifier.verify(issuer.mint())) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert leaving.cancelled()
    assert issuer.fetches == 1


async def test_within_the_hour_nobody_is_asked_again(issuer: RunningIssuer, clock: FakeClock) -> None:
    asked = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return await fetch_document(url)

    verifier = issuer.verifier(IssuerKeys(issuer.authority, fetch=fetch, clock=clock))
    for seconds, fetches in ((0, 1), (HOUR - 1, 1), (1, 2)):
        clock.now += seconds
        await verifier.verify(issuer.mint())
        await asyncio.sleep(0)
        assert len(asked) == fetches


async def test_after_an_hour_the_keys_are_refreshed_without_making_the_caller_wait(
    issuer: RunningIssuer, verifier: TokenVerifier, clock: FakeClock, other_key: IssuerKey
) -> None:
    await verifier.verify(issuer.mint())
    withdrawn = issuer.keys[0]
    issuer.keys[:] = [other_key]
    clock.now += HOUR
    await verifier.verify(issuer.mint(withdrawn))  # answered from the old set
    await until_fetched(issuer, 2)
    await verifier.verify(issuer.mint(other_key))
    with pytest.raises(Unauthenticated):
        await verifier.verify(issuer.mint(withdrawn))


async def test_a_rotated_key_is_honoured_within_a_second(
    issuer: RunningIssuer, verifier: TokenVerifier, clock: FakeClock, other_key: IssuerKey
) -> None:
    await verifier.verify(issuer.mint())
    issuer.keys.insert(0, other_key)
    clock.now += 1
    await verifier.verify(issuer.mint())
    assert issuer.fetches == 2


async def test_an_answer_from_before_the_rotation_refuses_nobody_who_came_a_second_later(
    issuer: RunningIssuer, verifier: TokenVerifier, clock: FakeClock, other_key: IssuerKey
) -> None:
    await verifier.verify(issuer.mint())
    clock.now += 1
    answered = asyncio.Event()
    issuer.failure = late_answer(issuer, answered)
    unknown = asyncio.create_task(verifier.verify(issuer.mint(new_key())))
    await until_fetched(issuer, 2)
    issuer.keys.insert(0, other_key)
    at_once = asyncio.create_task(verifier.verify(issuer.mint()))
    await asyncio.sleep(0)
    clock.now += 1.1
    later = asyncio.create_task(verifier.verify(issuer.mint()))
    await asyncio.sleep(0)
    issuer.failure = None
    answered.set()
    refused = await asyncio.gather(unknown, at_once, return_exceptions=True)
    assert {type(answer) for answer in refused} == {Unauthenticated}
    await later
    assert issuer.fetches == 3


def late_answer(issuer: RunningIssuer, answered: asyncio.Event) -> ASGIApp:
    """The keys as they are when they are asked for, sent when somebody says so."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        keys = [public_jwk(key, issuer_of(issuer.authority, TENANT_ID)) for key in issuer.keys]
        await answered.wait()
        await JSONResponse({"keys": keys})(scope, receive, send)

    return app


async def test_random_key_ids_make_one_fetch_a_second(
    issuer: RunningIssuer, verifier: TokenVerifier, clock: FakeClock, other_key: IssuerKey
) -> None:
    async def hammer() -> None:
        tokens = [issuer.mint(IssuerKey(uuid4().hex, other_key.private)) for _ in range(20)]
        answers = await asyncio.gather(*map(verifier.verify, tokens), return_exceptions=True)
        assert {type(answer) for answer in answers} == {Unauthenticated}

    for fetches in (1, 2, 3):
        await hammer()
        await hammer()
        assert issuer.fetches == fetches
        clock.now += 1
    await verifier.verify(issuer.mint())


async def test_the_last_good_keys_survive_an_outage_of_less_than_a_day(
    issuer: RunningIssuer, verifier: TokenVerifier, clock: FakeClock
) -> None:
    await verifier.verify(issuer.mint())
    issuer.failure = PlainTextResponse("down", 503)
    for _ in range(23):
        clock.now += HOUR
        await verifier.verify(issuer.mint())
        await asyncio.sleep(0)
    clock.now += HOUR
    with pytest.raises(Unavailable):
        await verifier.verify(issuer.mint())
    clock.now += 1
    issuer.failure = None
    await verifier.verify(issuer.mint())


async def test_an_unknown_key_during_an_outage_is_a_reason_to_wait_and_not_a_refusal(
    issuer: RunningIssuer, verifier: TokenVerifier, clock: FakeClock, other_key: IssuerKey
) -> None:
    await verifier.verify(issuer.mint())
    issuer.failure = PlainTextResponse("down", 503)
    clock.now += 1
    with pytest.raises(Unavailable):
        await verifier.verify(issuer.mint(other_key))
    await verifier.verify(issuer.mint())


async def answer_never(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


OUTAGES: dict[str, ASGIApp] = {
    "an error status": PlainTextResponse("down", 503),
    "not found": JSONResponse({"error": "invalid_tenant"}, 404),
    "a redirect": RedirectResponse("/elsewhere"),
    "no JSON": PlainTextResponse("<html>"),
    "JSON of another shape": JSONResponse(["keys"]),
    "keys that are no list": JSONResponse({"keys": 1}),
    "keys that are no objects": JSONResponse({"keys": ["RSA"]}),
    "no keys": JSONResponse({"keys": []}),
    "deep JSON": PlainTextResponse("[" * 100_000),
    "no answer": answer_never,
}


@pytest.mark.parametrize("failure", OUTAGES.values(), ids=OUTAGES.keys())
async def test_without_keys_an_outage_is_unavailable_and_says_when_to_come_back(
    issuer: RunningIssuer, failure: ASGIApp
) -> None:
    issuer.failure = failure
    keys = IssuerKeys(issuer.authority, fetch=partial(fetch_document, seconds=0.2))
    async with asyncio.timeout(2):
        with pytest.raises(Unavailable) as outage:
            await issuer.verifier(keys).verify(issuer.mint())
    assert outage.value.retry_after == 5
    assert issuer.paths == [f"/{TENANT_ID}/discovery/v2.0/keys"]


@pytest.mark.parametrize(("status", "size"), [(503, 0), (203, 0), (200, MAX_DOCUMENT_BYTES + 1)])
async def test_good_keys_are_not_taken_from_a_bad_answer(
    issuer: RunningIssuer, verifier: TokenVerifier, clock: FakeClock, status: int, size: int
) -> None:
    published = document(public_jwk(issuer.keys[0], issuer_of(issuer.authority, TENANT_ID)))
    issuer.failure = Response(published.ljust(size), status)
    with pytest.raises(Unavailable):
        await verifier.verify(issuer.mint())
    issuer.failure = Response(published.ljust(MAX_DOCUMENT_BYTES))
    clock.now += 1
    await verifier.verify(issuer.mint())


async def test_a_refused_connection_is_an_outage(issuer: RunningIssuer, closed_port: int) -> None:
    keys = IssuerKeys(f"http://127.0.0.1:{closed_port}")
    with pytest.raises(Unavailable):
        await issuer.verifier(keys).verify(issuer.mint())


async def test_an_outage_is_asked_about_once_a_second(
    issuer: RunningIssuer, verifier: TokenVerifier, clock: FakeClock
) -> None:
    issuer.failure = PlainTextResponse("down", 503)
    for fetches in (1, 2):
        answers = await asyncio.gather(*(verifier.verify(issuer.mint()) for _ in range(8)), return_exceptions=True)
        assert {type(answer) for answer in answers} == {Unavailable}
        assert issuer.fetches == fetches
        clock.now += 1


async def test_the_issuer_may_restart(clock: FakeClock, other_key: IssuerKey) -> None:
    restarting = RunningIssuer([other_key])
    with serving(restarting) as restarting.authority:
        verifier = restarting.verifier(IssuerKeys(restarting.authority, clock=clock))
        await verifier.verify(restarting.mint())
    clock.now += 24 * HOUR
    with pytest.raises(Unavailable):
        await verifier.verify(restarting.mint())
    port = int(restarting.authority.rpartition(":")[2])
    with serving(restarting, port=port) as authority:
        assert authority == restarting.authority
        clock.now += 1
        await verifier.verify(restarting.mint())


async def test_a_bug_in_the_reading_is_not_taken_for_an_outage() -> None:
    async def broken(url: str) -> bytes:
        raise LookupError(url)

    with pytest.raises(LookupError):
        await IssuerKeys("https://login.example", fetch=broken).key(TENANT_ID, "kid")


def document(*entries: object) -> bytes:
    return json.dumps({"keys": entries}).encode()


def test_a_key_set_is_read_as_entra_publishes_it(other_key: IssuerKey) -> None:
    own = public_jwk(other_key, ISSUER)
    shared = own | {"kid": "for any tenant", "issuer": "https://login.example/{tenantid}/v2.0"}
    plain = {"kid": "plain", "kty": "RSA", "n": own["n"], "e": own["e"]}
    keys = key_set(document(own, shared, plain), ISSUER, TENANT_ID)
    assert keys.keys() == {other_key.key_id, "for any tenant", "plain"}
    assert keys["plain"].public_numbers() == other_key.private.public_key().public_numbers()


def unusable_entries(good: dict[str, object]) -> dict[str, object]:
    private_elliptic = ec.generate_private_key(ec.SECP256R1())
    elliptic = json.loads(ECAlgorithm.to_jwk(private_elliptic.public_key()))
    short = public_jwk(new_key(1024), ISSUER)
    return {
        "short": short | {"kid": "k"},
        "elliptic": elliptic | {"kid": "k", "use": "sig"},
        "for encryption": good | {"use": "enc"},
        "for another algorithm": good | {"alg": "PS256"},
        "symmetric": {"kid": "k", "kty": "oct", "k": "c2VjcmV0"},
        "of another tenant": good | {"issuer": "https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"},
        "without a modulus": {name: value for name, value in good.items() if name != "n"},
        "with an odd modulus": good | {"n": "AQAB"},
        "with a modulus that is no text": good | {"n": 5},
        "with a key id that is no text": good | {"kid": 7},
        "that is no object": "RSA",
    }


def test_keys_that_cannot_sign_these_tokens_are_left_out(other_key: IssuerKey) -> None:
    good = public_jwk(other_key, ISSUER)
    for name, entry in unusable_entries(good | {"kid": "k"}).items():
        assert key_set(document(entry, good), ISSUER, TENANT_ID).keys() == {other_key.key_id}, name


def test_a_private_key_published_by_mistake_is_read_as_its_public_half(other_key: IssuerKey) -> None:
    leaked = json.loads(RSAAlgorithm.to_jwk(other_key.private)) | {"kid": "k"}
    leaked.pop("key_ops", None)
    keys = key_set(document(leaked), ISSUER, TENANT_ID)
    assert keys["k"].public_numbers() == other_key.private.public_key().public_numbers()
